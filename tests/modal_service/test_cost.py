"""`maze cost`: Modal's own account of what was spent, and the arithmetic of a day."""

from __future__ import annotations

import json

import pytest

from tests.modal_service.conftest import Run
from tests.modal_service.fake_control_plane import ControlPlane

pytestmark = pytest.mark.modal


def test_what_was_spent(run: Run, plane: ControlPlane) -> None:
    plane.costs = [(0, "gpu_l40s", "1.25"), (0, "cpu", "0.10"), (3, "gpu_l40s", "0.65")]
    data = json.loads(run("maze", "cost", "--json").out)
    spent = data["spent"]
    assert spent["usd"] == 2.0
    assert list(spent["by_day"].values()) == [1.35, 0.65]
    assert spent["by_resource"] == {"gpu_l40s": 1.9, "cpu": 0.1}
    ran = run("maze", "cost")
    assert "$2.00" in ran.out and "gpu_l40s $1.90" in ran.out


def test_a_day_of_use(run: Run, plane: ControlPlane) -> None:
    flags = ("--gpu", "L4", "--model", "Qwen/Qwen2.5-Coder-1.5B", "--stretches", 2, "--minutes", 30)
    data = json.loads(run("maze", "cost", *flags, "--json").out)["estimate"]
    hourly = (0.000222 + 4 * 0.0000131 + 16 * 0.00000222) * 3600
    assert data["usd_per_hour"] == pytest.approx(hourly)
    seconds = {"dev": 120, "demo": 600, "prod": 300}
    for mode, idle in seconds.items():
        runs = 2 * (data["cold_start_s"] + 1800 + idle)
        assert data["usd_per_day"][mode] == pytest.approx(runs * hourly / 3600)
    # For a person, with the arithmetic and the date of the prices.
    ran = run("maze", "cost", *flags)
    assert "(an estimate)" in ran.out and data["rates_of"] in ran.out
    assert "2 × (start 58 s + 1800 s + idle)" in ran.out


def test_without_an_account_there_are_still_the_prices(run: Run, plane: ControlPlane) -> None:
    ran = run("maze", "cost", MODAL_TOKEN_ID=None, MODAL_TOKEN_SECRET=None)
    assert ran.status == 0
    assert "not known: there is no Modal account" in ran.out and "an hour = GPU" in ran.out
