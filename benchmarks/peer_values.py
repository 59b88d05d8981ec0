"""Fit BG/NBD or Gamma-Gamma with a peer; run by values.py with a Python that has it.

python peer_values.py lifetimes "BG/NBD" histories.npz
"""

import json
import resource
import sys

import numpy as np
import pandas as pd


def cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def lifetimes(name, data, grouped):
    """Standard errors are part of its fit."""
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    before = cpu()
    if name == "BG/NBD":
        x, t_x, T, weights = data["x"], data["t_x"], data["T"], None
        if grouped:
            rows = pd.DataFrame({"x": x, "t_x": t_x, "T": T}).groupby(["x", "t_x", "T"]).size().reset_index(name="n")
            x, t_x, T, weights = (rows[column].to_numpy() for column in ("x", "t_x", "T", "n"))
        fitted = BetaGeoFitter().fit(x, t_x, T, weights=weights)
    else:
        some = data["x"] > 0
        x, weights = data["x"][some], None
        fitted = GammaGammaFitter().fit(x, data["total"][some] / x)
    total = float(weights.sum()) if weights is not None else float(len(x))
    unit = float(np.log(fitted._scale) * data["x"].sum()) if name == "BG/NBD" else 0.0  # it fits in a time of its own
    return {
        "parameters": [float(value) for value in fitted.params_],
        "errors": [float(value) for value in fitted.standard_errors_],
        "LL": unit - float(fitted._negative_log_likelihood_) * total,
        "cpu_seconds": cpu() - before,
    }


def pymc_marketing(name, data):
    """The highest point with flat priors; it tells no standard errors. Its compiling is counted, its import is not."""
    from pymc_marketing.clv import BetaGeoModel, GammaGammaModel
    from pymc_marketing.prior import Prior

    flat = Prior("HalfFlat")
    before = cpu()
    if name == "BG/NBD":
        frame = pd.DataFrame(
            {"customer_id": np.arange(len(data["x"])), "frequency": data["x"], "recency": data["t_x"], "T": data["T"]}
        )
        names = ("r", "alpha", "a", "b")
        model = BetaGeoModel(frame, model_config={f"{one}": flat for one in names})
    else:
        some = data["x"] > 0
        x = data["x"][some]
        frame = pd.DataFrame(
            {"customer_id": np.arange(len(x)), "frequency": x, "monetary_value": data["total"][some] / x}
        )
        names = ("p", "q", "v")
        model = GammaGammaModel(frame, model_config=dict.fromkeys(names, flat))
    model.fit(method="map", progressbar=False)
    found = model.fit_summary()
    return {
        "parameters": [float(np.ravel(found.loc[one])[0]) for one in names],
        "errors": [],
        "LL": float("nan"),
        "cpu_seconds": cpu() - before,
    }


def main():
    peer, name, path = sys.argv[1:]
    data = np.load(path)
    if peer == "pymc-marketing":
        print(json.dumps(pymc_marketing(name, data)))
    else:
        print(json.dumps(lifetimes(name, data, grouped=peer.endswith("grouped"))))


if __name__ == "__main__":
    main()
