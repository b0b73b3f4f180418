import type { CodegenConfig } from '@graphql-codegen/cli';

/**
 * Typed documents of the operations that clients use, made from the committed schema, offline. Types only where the
 * runtime needs nothing: enums become unions, and decimals, times and cursors stay the texts they are on the wire.
 */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  documents: ['schema/operations/*.graphql'],
  importExtension: '.ts',
  generates: {
    'schema/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        enumType: 'string-literal',
        skipTypename: true,
        scalars: {
          DateTime: 'string',
          Decimal: 'string',
          Cursor: 'string',
          Position: 'number',
          JSON: 'unknown',
        },
      },
    },
  },
};

export default config;
