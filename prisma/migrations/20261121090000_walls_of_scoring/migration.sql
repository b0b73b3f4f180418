-- The second wall around the tables of scoring and consensus: what runs for a tenant sees and writes its rows only.
SELECT presage_wall('log_consumers', 'SELECT, INSERT, UPDATE');
SELECT presage_wall('targets', 'SELECT, INSERT, UPDATE');
SELECT presage_wall('scores', 'SELECT, INSERT, UPDATE');
SELECT presage_wall('forecasters', 'SELECT, INSERT, UPDATE');
SELECT presage_wall('tallies', 'SELECT, INSERT, UPDATE');
SELECT presage_wall('consensus', 'SELECT, INSERT, UPDATE');
