"""Does the fits that it reads as JSON on stdin with native XGBoost (hist, one thread); prints the seconds taken."""

import json
import sys
import time

import numpy as np
import xgboost as xgb

fits = json.load(sys.stdin)
random = np.random.default_rng(1)
tables = {}
for fit in fits:
    shape = (fit["rows"], fit["columns"])
    if shape not in tables:
        tables[shape] = (random.normal(size=shape).astype(np.float32), random.normal(size=shape[0]))

started = time.perf_counter()
for fit in fits:
    features, targets = tables[(fit["rows"], fit["columns"])]
    parameters = {
        "tree_method": "hist",
        "nthread": 1,
        "max_depth": fit["depth"],
        "eta": 0.1,
        "subsample": 0.7,
        "colsample_bytree": 0.5,
        "verbosity": 0,
    }
    xgb.train(parameters, xgb.DMatrix(features, label=targets), num_boost_round=fit["rounds"])
print(json.dumps({"seconds": time.perf_counter() - started, "version": xgb.__version__}))
