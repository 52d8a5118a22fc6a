"""What was aimed at, held against what the measurements have left in benches/results: medians, as the tables have them."""

import json
from statistics import median

from common import RESULTS


def rows():
    """An aim, what was measured, whether that meets it, and when it was measured."""
    return [[aim, *judged(name, measured)] for aim, name, measured in AIMS]


def judged(name, measured):
    try:
        result = json.loads((RESULTS / f"{name}.json").read_text())
        said, is_met = measured(result)
    except (FileNotFoundError, KeyError):
        # Or by a measurement that did not know of it yet.
        return "", "not measured yet", ""
    return said, "met" if is_met else "not met", result["machine"]["date"]


def starts(result, what, site="Portico"):
    """Of the two functions whose start counts."""
    return [result["cold"][step][site][what]["median"] for step in ("login_page", "profile")]


def load(result, key, what, site="Portico"):
    return result["load"][key][site][what]["median"]


def first_answers(result):
    both = starts(result, "first_answer_ms")
    return f"{both[0]:.1f}, {both[1]:.1f} ms", max(both) <= 10


def sooner_than_django(result):
    def ratios(what):
        return [theirs / ours for theirs, ours in zip(starts(result, what, "Django"), starts(result, what))]

    clock, cpu = ratios("first_answer_ms"), ratios("cpu_ms")
    return f"{clock[0]:.0f}, {clock[1]:.0f} times; by CPU {cpu[0]:.0f}, {cpu[1]:.0f} times", min(clock) >= 30


def resident(result):
    both = starts(result, "rss_mib")
    return f"{both[0]:.1f}, {both[1]:.1f} MiB", max(both) <= 10


def warm_page(result):
    cost = result["warm"]["profile"]["Portico"]["cpu_ms"]["median"]
    return f"{cost:.2f} ms", cost <= 0.6


def log_in(result):
    raw = median(result["hash"]["raw hash"])
    again, first = (result["warm"][step]["Portico"]["cpu_ms"]["median"] / raw for step in ("login_again", "login"))
    return f"{again:.2f} by a browser that has been; {first:.2f} by one that has not", max(again, first) <= 1.10


def signatures(result):
    costs = [median(measured["Portico"]) for measured in result["results"].values()]
    return f"{min(costs):.1f} to {max(costs):.1f} µs", max(costs) <= 10


def log_out_everywhere(result):
    ours = [rounds for what, rounds in result["results"].items() if what.startswith("Portico")]
    costs = [median(cost for costs in rounds for cost in costs) for rounds in ours]
    said = ", ".join(f"{cost:.1f}" for cost in costs)
    return f"{said} ms for 1, 100 and 10,000", max(costs) <= 2 * min(costs)


def requests(result):
    ratio = load(result, "profile@32", "requests_per_second") / load(result, "profile@32", "requests_per_second", "Django")
    return f"{ratio:.1f} times", ratio >= 10


def request_cost(result):
    cost, theirs = (load(result, "profile@32", "cpu_s_per_1000", site) for site in ("Portico", "Django"))
    return f"{cost:.2f} s; Django {theirs:.2f}", cost <= 0.3


def log_ins(result):
    hashes = median(result["hashes_per_second"])
    rates = [load(result, f"login@{visitors}", "requests_per_second") for visitors in (8, 32)]
    said = f"{rates[0]:.0f} at 8 connections, {rates[1]:.0f} at 32, of {hashes:.0f} hashes"
    return f"{said}: {rates[0] / hashes:.0%}, {rates[1] / hashes:.0%}", min(rates) >= 0.9 * hashes


def flood(result):
    ours, theirs = (result["flood"]["profile"][site] for site in ("Portico", "Django"))
    ratio = ours["p99_ratio"]["median"]
    beside = [measured["guesses_per_second"]["median"] for measured in (ours, theirs)]
    said = f"{ratio:.1f} times, beside {beside[0]:.0f} log-ins a second; Django {theirs['p99_ratio']['median']:.1f}, beside {beside[1]:.0f}"
    return said, ratio <= 2


def memory(result):
    few, many = (point["memory"]["rss_mib"] for point in result["soak"]["Portico"])
    return f"{few:.0f}, {many:.0f} MiB", many <= 1.05 * few


def collected(result):
    cost = median(one["cpu"] for one in result["results"]["Portico, manifest"])
    return f"{cost:.2f} s", cost <= 0.5


def photograph(result):
    cost = median(cost for one in result["results"]["baseline, Portico"] for cost in one["ms"])
    return f"{cost:.1f} ms", cost <= 50


AIMS = [
    ("first answer of `login` and `profile` within 10 ms, DynamoDB's first call and both secrets over TLS included", "functions", first_answers),
    ("30 times as soon as Django in the same run", "functions", sooner_than_django),
    ("10 MiB resident then", "functions", resident),
    ("the profile page, warm: 0.6 ms of CPU", "functions", warm_page),
    ("a log-in: 1.10 raw hashes", "functions", log_in),
    ("a signature: 10 µs", "sign", signatures),
    ("the end of all sessions flat in their number", "log-out-all", log_out_everywhere),
    ("`runserver`, the profile at 32 connections: 10 times gunicorn's requests a second", "http", requests),
    ("the same: 0.3 s of CPU per 1,000", "http", request_cost),
    ("log-ins within 10 % of what the machine hashes", "http", log_ins),
    ("p99 of the profile in a flood of log-ins: twice that without", "http", flood),
    ("memory after 100,000 requests within 5 % of that after 10,000", "http", memory),
    ("collectstatic, 3,571 files, manifest: 0.5 s of CPU", "collectstatic", collected),
    ("12 megapixels to 480 px: 50 ms", "thumbnail", photograph),
]
