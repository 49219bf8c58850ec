"""Files with a model, and what is said of those that lack something."""

from __future__ import annotations

from pathlib import Path

import pytest

import qgd

WHOLE = """
import torch
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
loss = torch.nn.MSELoss()
data = torch.eye(2), torch.ones(2, 1)
"""


def write(folder: Path, text: str) -> str:
    (folder / "mine.py").write_text(text)
    return str(folder / "mine.py")


def test_file_gives_the_case_and_an_argument_beats_its_rate(tmp_path: Path) -> None:
    loader = "\ndata = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*data))"
    mask = "\nlearning_rate = 0.3\nmask = {'0.weight': [[1, 0], [1, 1], [0, 1]]}"
    source = write(tmp_path, WHOLE + loader + mask)
    case = qgd.load_case(source)
    assert (case.name, case.num_weights, case.num_kept) == ("mine", 13, 11)
    assert case.learning_rate == 0.3
    assert qgd.load_case(source, 0.2).learning_rate == 0.2
    assert len(case.batches) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WHOLE.replace("model =", "net ="), "must define `model`"),
        (WHOLE.replace("loss =", "cost ="), "must define `loss`"),
        (WHOLE.replace("data =", "rows ="), "must define `data`"),
        (WHOLE + "model = 3", "must be a torch.nn.Module, got int"),
        (WHOLE + "loss = 3", "must be callable, got int"),
        (WHOLE + "1 / 0", "ZeroDivisionError: division by zero"),
        (WHOLE + "def (", "SyntaxError"),
    ],
)
def test_what_a_file_lacks_is_said(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        qgd.load_case(write(tmp_path, text))


def test_missing_files_and_rates_of_presets_are_refused() -> None:
    with pytest.raises(ValueError, match=r"or one of digits-tanh.*does not exist"):
        qgd.load_case("nowhere.py")
    with pytest.raises(ValueError, match="must be left out for a preset"):
        qgd.load_case("digits-tanh", 0.2)
