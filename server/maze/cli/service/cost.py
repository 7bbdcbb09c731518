"""`maze cost`: what the service has cost, and what a day of it costs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs
from rich.table import Table

from maze.cli.say import say
from maze.cli.service import asked
from modal_service import account, catalogue
from modal_service.container import CPU_CORES, MEMORY_GIB
from modal_service.estimates import Day, Rates, cold_start, day_costs, listed_rates
from modal_service.options import SCALEDOWN_S, Options


def run(flags: Mapping[str, object], days: int, day: Day, as_json: bool) -> None:
    """Print what has been charged, if Modal tells, and what a day of use would cost.

    Args:
        flags: the deployment's options, as for `maze deploy`.
        days: how far to look back.
        day: how a day of use looks.
        as_json: print one JSON document.
    """
    options = asked.options(flags)
    source = f"Modal's list prices of {catalogue.RATES_OF}"
    rates = listed_rates(options, CPU_CORES, MEMORY_GIB, source)
    costs = day_costs(options, day, rates, SCALEDOWN_S)
    try:
        spent, problem = account.spent(days), ""
    except account.AccountError as error:
        spent, problem = None, str(error)
    if as_json:
        _print_json(spent, problem, options, rates, day, costs)
        return
    _print_spent(spent, problem, days)
    _print_day(options, rates, day, costs)


def _print_spent(spent: account.Spent | None, problem: str, days: int) -> None:
    if spent is None:
        say(f"What has been spent is not known: {problem}")
        return
    say(
        f"Spent since {spent.since:%d %B}, by Modal's own account: "
        f"[bold]${spent.total:.2f}[/bold] (the last hour is not in it yet)",
        markup=True,
    )
    for date, cost in spent.by_day.items():
        say(f"  {date}  ${cost:.2f}")
    if spent.by_resource:
        parts = (f"{name} ${cost:.2f}" for name, cost in sorted(spent.by_resource.items()))
        say(f"  of it: {', '.join(parts)}")


def _print_day(options: Options, rates: Rates, day: Day, costs: dict[str, float]) -> None:
    start = cold_start(options.the_model)
    say(
        f"\nA day of {day.stretches} stretches of {day.minutes:g} minutes on one "
        f"{options.the_gpu.name} (an estimate):\n"
    )
    table = Table(box=None, pad_edge=False)
    for title in ("mode", "idle after", "runs for", "costs"):
        table.add_column(title, justify="left" if title == "mode" else "right")
    for mode, usd in costs.items():
        hours = usd / rates.usd_per_s / 3600
        table.add_row(mode, f"{SCALEDOWN_S[mode]} s", f"{hours:.2f} h", f"${usd:.2f}")
    say(table)
    say(
        f"\n  runs for = {day.stretches} × (start {start.seconds:.0f} s + "
        f"{day.minutes * 60:.0f} s + idle)\n"
        f"  ${rates.usd_per_s * 3600:.2f} an hour = GPU ${rates.gpu * 3600:.2f} + "
        f"{CPU_CORES:g} cores ${rates.cpu * 3600:.2f} + {MEMORY_GIB} GiB "
        f"${rates.memory * 3600:.2f}; {rates.source}\n"
        f"  all day and night: ${rates.usd_per_s * 86_400:.2f}; "
        f"GPUs that may run at a time: {options.max_containers}"
    )


def _print_json(
    spent: account.Spent | None,
    problem: str,
    options: Options,
    rates: Rates,
    day: Day,
    costs: dict[str, float],
) -> None:
    known: dict[str, Any] | None = None
    if spent is not None:
        known = {
            "usd": float(spent.total),
            "since": spent.since.date().isoformat(),
            "by_day": {date: float(cost) for date, cost in spent.by_day.items()},
            "by_resource": {name: float(cost) for name, cost in spent.by_resource.items()},
        }
    print(
        json.dumps(
            {
                "spent": known,
                "problem": problem,
                "estimate": {
                    "gpu": options.the_gpu.name,
                    "usd_per_hour": rates.usd_per_s * 3600,
                    "rates_of": catalogue.RATES_OF.isoformat(),
                    "cold_start_s": cold_start(options.the_model).seconds,
                    "day": attrs.asdict(day),
                    "usd_per_day": costs,
                },
            }
        )
    )
