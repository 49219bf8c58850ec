"""How exact and how fast is our Hessian spectrum, and what does one Hessian product cost?

Question 1: Wasserstein-1 distance between the estimated and the exact spectral distribution of an
MLP of 9 674 weights trained on digits, and CPU time, one thread, at 8 x 128 products for everybody.
Question 2: CPU time and peak memory of one product with the Hessian of the paper's ResNet
(7 451 044 weights), batch 32, against plain double backward.
Question 3: 64 Lanczos steps on that ResNet, batch 128 of synthetic images (`--resnet`, not part of
a plain run).
Goals: a smaller error in at most half the CPU time; at most 1.0 times the time and no more memory;
20 min and 8 GB on two cores.
Expected: the rivals' time goes into Python loops over parameters (PyHessian) and into rebuilding
the graph for each product (curvlinops). PyHessian 0.1 calls torch.eig, which torch has removed:
it is given a stand-in here. curvlinops returns a broadened density; its raw nodes are judged too,
and it is given the boundaries of the spectrum, whose products are not counted.

Rivals beside the environment, which they would change (torch among it):

    pip install --no-deps --target DIR pyhessian curvlinops-for-pytorch tqdm einops einconv \\
        backpack-for-pytorch unfoldNd linear_operator jaxtyping wadler_lindig
    PYTHONPATH=DIR python benchmarks/hessian_spectrum.py [--quick] [--only spectrum|product]
        [--exact FILE] [--small] [--resnet FILE]

`--only` runs one kind of rows and leaves the others of the result as they are; `--exact` keeps the
eigenvalues for the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time

import numpy as np
import torch
from harness import in_own_process, other_rows, write_result
from hessian_problems import cifar_resnet, digits_mlp
from scipy.stats import wasserstein_distance
from torch.nn import functional as F  # noqa: N812

STEPS, PROBES, SEEDS = 128, 8, 5
LIMIT = 3000.0


def of_qgd(model, data, seed):  # type: ignore[no-untyped-def]
    import qgd

    operator = qgd.hessian_product(model, F.cross_entropy, data, device="cpu")
    spectrum = qgd.lanczos(operator, num_steps=STEPS, num_probes=PROBES, rng=seed)
    sharp = qgd.sharpened(spectrum)
    return {"sharpened": (sharp.nodes, sharp.weights), "nodes": (spectrum.nodes, spectrum.weights)}


def of_qgd_papyan(model, data, seed):  # type: ignore[no-untyped-def]
    import qgd

    operator = qgd.hessian_product(model, F.cross_entropy, data, device="cpu")
    curve = qgd.papyan_density(operator, num_steps=STEPS * PROBES - 64, rng=seed)
    nodes = curve.spectrum
    return {"density": (curve.x, curve.values), "nodes": (nodes.nodes, nodes.weights)}


def of_pyhessian(model, data, seed):  # type: ignore[no-untyped-def]
    from pyhessian import hessian

    def eig(T, eigenvectors):  # type: ignore[no-untyped-def]
        values, vectors = torch.linalg.eigh(T)
        return torch.stack([values, 0 * values], 1), vectors

    torch.eig = eig
    torch.manual_seed(seed)
    # The network keeps the gradients that it leaves behind.
    operator = hessian(model, torch.nn.CrossEntropyLoss(), data=data[0], cuda=False)
    values, weights = operator.density(iter=STEPS, n_v=PROBES)
    model.zero_grad()
    return {"nodes": (np.concatenate(values), np.concatenate(weights) / PROBES)}


def of_curvlinops(model, data, seed):  # type: ignore[no-untyped-def]
    from curvlinops import HessianLinearOperator
    from curvlinops.papyan2020traces.spectrum import (
        fast_lanczos,
        lanczos_approximate_spectrum_from_iter,
    )

    torch.manual_seed(seed)
    operator = HessianLinearOperator(
        model, torch.nn.CrossEntropyLoss(), list(model.parameters()), data,
        check_deterministic=False,
    )  # fmt: skip
    runs = [fast_lanczos(operator, STEPS) for _ in range(PROBES)]
    ends = min(float(r[0].min()) for r in runs), max(float(r[0].max()) for r in runs)
    curves = [lanczos_approximate_spectrum_from_iter(r, ends, 1024, 3.0, 0.05) for r in runs]
    density = np.mean([c[1].numpy() for c in curves], axis=0)
    nodes = np.concatenate([r[0].numpy() for r in runs])
    weights = np.concatenate([(r[1][0] ** 2).numpy() for r in runs]) / PROBES
    return {"density": (curves[0][0].numpy(), density), "nodes": (nodes, weights)}


METHODS = {
    "qgd": of_qgd,
    "qgd, the paper's estimator": of_qgd_papyan,
    "PyHessian": of_pyhessian,
    "curvlinops": of_curvlinops,
}


def spectrum_row(name: str, exact: np.ndarray, widths, seeds: int):  # type: ignore[no-untyped-def]
    """Errors over seeds; CPU time of the first run apart from the others."""
    import warnings

    warnings.simplefilter("ignore")
    model, data = digits_mlp(widths)
    errors: dict[str, list[float]] = {}
    times = []
    for seed in range(seeds + 1):
        start = time.process_time()
        found = METHODS[name](model, data, seed)
        times.append(time.process_time() - start)
        for kind, (x, w) in found.items():
            w = np.maximum(w, 0)
            error = wasserstein_distance(exact, x, v_weights=w / w.sum())
            errors.setdefault(kind, []).append(error)
    return {
        "weights": len(exact),
        "w1": {kind: statistics.median(e) for kind, e in errors.items()},
        "w1_all": errors,
        "first_seconds": times[0],
        "seconds": statistics.median(times[1:] or times),
        "seconds_all": times,
    }


def exact_values(widths) -> np.ndarray:  # type: ignore[no-untyped-def]
    import qgd

    model, data = digits_mlp(widths)
    data = [(data[0][0].double(), data[0][1])]
    operator = qgd.hessian_product(model.double(), F.cross_entropy, data, device="cpu")
    return qgd.exact_spectrum(operator).nodes


def product_row(method: str, micro: int, depth: int, batch: int, repeats: int):  # type: ignore[no-untyped-def]
    """One product with the Hessian of the ResNet: CPU time and peak memory of the process."""
    import qgd

    model, data = cifar_resnet(depth, batch=batch)
    weights = list(model.parameters())
    n = sum(w.numel() for w in weights)
    v = np.random.default_rng(0).standard_normal(n).astype(np.float32)
    if method == "plain double backward":
        pieces = torch.split(torch.from_numpy(v), [w.numel() for w in weights])
        directions = [p.view_as(w) for p, w in zip(pieces, weights, strict=True)]

        def product() -> float:
            loss = F.cross_entropy(model(data[0][0]), data[0][1])
            gradients = torch.autograd.grad(loss, weights, create_graph=True)
            H = torch.autograd.grad(gradients, weights, directions)
            return float(sum((h * d).sum(dtype=torch.float64) for h, d in zip(H, directions)))  # noqa: B905
    else:
        operator = qgd.hessian_product(
            model, F.cross_entropy, data, method=method, micro_batch=micro or None, device="cpu"
        )

        def product() -> float:
            return float(operator(v).astype(np.float64) @ v)

    times = []
    for _ in range(repeats + 1):
        start = time.process_time()
        value = product()
        times.append(time.process_time() - start)
    return {
        "weights": n,
        "first_seconds": times[0],
        "seconds": statistics.median(times[1:] or times),
        "seconds_all": times,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "v_H_v": value,
    }


PRODUCTS = [("plain double backward", 0), ("retained", 0), ("retained", 8), ("double", 8)]


def resnet_spectrum(path: str, steps: int, batch: int) -> dict[str, object]:
    """The 64 steps, with a checkpoint: killed and called again, it goes on."""
    import qgd

    wall, cpu = time.perf_counter(), time.process_time()
    model, data = cifar_resnet(batch=batch)
    operator = qgd.hessian_product(
        model, F.cross_entropy, data, method="retained", micro_batch=32, device="cpu"
    )

    def say(done: int, total: int) -> None:
        print(f"{done}/{total} {time.perf_counter() - wall:.0f} s", file=sys.stderr, flush=True)

    spectrum = qgd.lanczos(
        operator, num_steps=steps, num_probes=1, dtype=np.float32, checkpoint=path, progress=say
    )
    return {
        "weights": operator.shape[0],
        "steps": steps,
        "batch": batch,
        "wall_seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
        "threads": torch.get_num_threads(),
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "extremes": spectrum.extremes,
        "slack": spectrum.slack,
    }


def work(arguments: list[str]) -> dict[str, object]:
    """What a process of its own does."""
    task, *rest = arguments
    if task == "exact":
        np.save(rest[0], exact_values(json.loads(rest[1])))
        return {}
    if task == "spectrum":
        name, path, widths, seeds = rest
        return spectrum_row(name, np.load(path), json.loads(widths), int(seeds))
    method, micro, depth, batch, repeats = rest
    return product_row(method, int(micro), int(depth), int(batch), int(repeats))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--resnet", metavar="FILE", help="checkpoint of the 64 steps")
    parser.add_argument("--exact", metavar="FILE", help="keep the exact eigenvalues here")
    parser.add_argument("--only", choices=("spectrum", "product"))
    parser.add_argument("--small", action="store_true", help="2 778 weights and two seeds")
    parser.add_argument("--worker", nargs="+")
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(work(arguments.worker)))
        return
    if arguments.quick:
        widths = (64, 4, 10)
        print(json.dumps(spectrum_row("qgd", exact_values(widths), widths, 0)))
        print(json.dumps(product_row("retained", 0, 8, 2, 1)))
        return
    if arguments.resnet:
        row = {"row": "lanczos", **resnet_spectrum(arguments.resnet, 64, 128)}
        save([*other_rows("hessian_spectrum", "lanczos"), row])
        return
    os.environ |= {"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    save(rows(arguments.exact, arguments.small, arguments.only))


def save(found: list[dict[str, object]]) -> None:
    """All rows, in the order in which the questions are asked."""
    found.sort(key=lambda row: ["spectrum", "product", "lanczos"].index(str(row["row"])))
    print(f"wrote {write_result('hessian_spectrum', {'rows': found}, PACKAGES)}")


PACKAGES = ["qgd", "torch", "numpy", "numba", "PyHessian", "curvlinops-for-pytorch"]


def rows(path: str | None, small: bool, only: str | None) -> list[dict[str, object]]:
    """The rows that were asked for, beside those that were not."""
    before = other_rows("hessian_spectrum", only or "")
    found: list[dict[str, object]] = [row for row in before if only or row["row"] == "lanczos"]
    widths, seeds, repeats = "[64, 96, 32, 10]", SEEDS, 3
    if small:
        widths, seeds, repeats = "[64, 32, 16, 10]", 1, 1
    if only != "product":
        found += spectrum_rows(path, widths, seeds)
    if only != "spectrum":
        found += product_rows(repeats)
    return found


def spectrum_rows(path: str | None, widths: str, seeds: int) -> list[dict[str, object]]:
    """Every method against the same eigenvalues; times as multiples of ours."""
    path = path or os.path.join(tempfile.mkdtemp(), "exact.npy")
    if not os.path.exists(path):
        done = in_own_process(__file__, ["exact", path, widths], LIMIT)
        print(f"exact eigenvalues: {done['status']}", file=sys.stderr)
    found = []
    for name in METHODS:
        load = os.getloadavg()[0]
        done = in_own_process(__file__, ["spectrum", name, path, widths, str(seeds)], LIMIT)
        row = {"row": "spectrum", "method": name, "products": STEPS * PROBES, "load": load, **done}
        if "seconds" in row and "seconds" in [*found, row][0]:
            row["time_of_qgd"] = [*found, row][0]["seconds"] / row["seconds"]
        found.append(row)
        print(row, file=sys.stderr)
    return found


def product_rows(repeats: int) -> list[dict[str, object]]:
    """One product by every method; time and memory as multiples of plain double backward."""
    found = []
    for method, micro in PRODUCTS:
        load = os.getloadavg()[0]
        task = ["product", method, str(micro), "32", "32", str(repeats)]
        done = in_own_process(__file__, task, LIMIT)
        row = {"row": "product", "method": method, "micro_batch": micro, "load": load, **done}
        plain = [*found, row][0]
        if "seconds" in row and "seconds" in plain:
            row["time_ratio"] = row["seconds"] / plain["seconds"]
            row["memory_ratio"] = row["peak_gb"] / plain["peak_gb"]
        found.append(row)
        print(row, file=sys.stderr)
    return found


if __name__ == "__main__":
    main()
