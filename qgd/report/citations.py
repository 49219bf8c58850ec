"""The literature behind exactly the methods a run used."""

from __future__ import annotations

from qgd.pipeline.experiment import Experiment

PAPER = "Liu et al., Nature Communications 15:434 (2024), arXiv:2303.03428: the algorithm"
_SOLVERS = {
    "qsvt": [
        "Gilyen, Su, Low, Wiebe, arXiv:1806.01838: singular value transformation",
        "arXiv:2507.15537: the optimal polynomial for 1/x",
        "Alexis, Lin, Mnatsakanyan, Thiele, Wang, arXiv:2407.05634: phase factors",
    ],
    "lcu": [
        "Childs, Kothari, Somma, arXiv:1511.02306: linear combination of Chebyshev walks",
        "arXiv:2507.15537: the optimal polynomial for 1/x",
    ],
    "fourier": ["Childs, Kothari, Somma, arXiv:1511.02306: linear combination of evolutions"],
    "hhl": ["Harrow, Hassidim, Lloyd, arXiv:0811.3171: phase estimation solver"],
    "direct": [],
    "shortcut": [
        "Dalzell, arXiv:2406.12086: kernel reflection",
        "Lin, Tong, arXiv:1910.14596: eigenstate filter",
        "Waudby-Smith, Ramdas, arXiv:2006.04347: confidence sequences of the norm search",
        "Alexis, Lin, Mnatsakanyan, Thiele, Wang, arXiv:2407.05634: phase factors",
    ],
}
_HISTORY = "Liu et al., PNAS 118 (2021), arXiv:2011.03185: Carleman embedding and idle rows"


def citations(experiment: Experiment) -> list[str]:
    """One line for each source, the paper first."""
    return [PAPER, _HISTORY, *_SOLVERS[experiment.settings.solver]]
