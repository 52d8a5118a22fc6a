"""What was aimed at, held against what the measurements have left in benches/results: medians, as the tables have them."""

import json
from statistics import median

from common import RESULTS


def rows():
    """An aim, what was measured, and whether that meets it."""
    return [[aim, *judged(measured)] for aim, measured in AIMS]


def judged(measured):
    try:
        said, is_met = measured()
    except FileNotFoundError:
        return "", "not measured yet"
    return said, "met" if is_met else "not met"


def result(name):
    return json.loads((RESULTS / f"{name}.json").read_text())


def starts(step, what, site="Portico"):
    return result("functions")["cold"][step][site][what]["median"]


def log_in(step):
    """In raw hashes."""
    measured = result("functions")
    return measured["warm"][step]["Portico"]["cpu_ms"]["median"] / median(measured["hash"]["raw hash"])


def load(key, what, site="Portico"):
    return result("http")["load"][key][site][what]["median"]


def first_answers():
    both = [starts(step, "first_answer_ms") for step in FIRST]
    return f"{both[0]:.1f}, {both[1]:.1f} ms", max(both) <= 10


def sooner_than_django():
    clock, cpu = (
        [starts(step, what, "Django") / starts(step, what) for step in FIRST] for what in ("first_answer_ms", "cpu_ms")
    )
    return f"{clock[0]:.0f}, {clock[1]:.0f} times; by CPU {cpu[0]:.0f}, {cpu[1]:.0f} times", min(clock) >= 30


def resident():
    both = [starts(step, "rss_mib") for step in FIRST]
    return f"{both[0]:.1f}, {both[1]:.1f} MiB", max(both) <= 10


def warm_page():
    cost = result("functions")["warm"]["profile"]["Portico"]["cpu_ms"]["median"]
    return f"{cost:.2f} ms", cost <= 0.6


def log_in_again():
    again, first = log_in("login_again"), log_in("login")
    return f"{again:.2f} by a browser that has been; {first:.2f} by one that has not", max(again, first) <= 1.10


def signatures():
    costs = [median(measured["Portico"]) for measured in result("sign")["results"].values()]
    return f"{min(costs):.1f} to {max(costs):.1f} µs", max(costs) <= 10


def log_out_everywhere():
    measured = result("log-out-all")["results"]
    costs = [median(cost for costs in rounds for cost in costs) for what, rounds in measured.items() if what.startswith("Portico")]
    said = ", ".join(f"{cost:.1f}" for cost in costs)
    return f"{said} ms for 1, 100 and 10,000", max(costs) <= 2 * min(costs)


def requests():
    ratio = load("profile@32", "requests_per_second") / load("profile@32", "requests_per_second", "Django")
    return f"{ratio:.1f} times", ratio >= 10


def request_cost():
    cost = load("profile@32", "cpu_s_per_1000")
    return f"{cost:.2f} s; Django {load('profile@32', 'cpu_s_per_1000', 'Django'):.2f}", cost <= 0.3


def log_ins():
    hashes = median(result("http")["hashes_per_second"])
    rates = [load(f"login@{visitors}", "requests_per_second") for visitors in (8, 32)]
    said = f"{rates[0]:.0f} at 8 connections, {rates[1]:.0f} at 32, of {hashes:.0f} hashes"
    return f"{said}: {min(rates) / hashes:.0%} to {max(rates) / hashes:.0%}", max(rates) >= 0.9 * hashes


def flood():
    ratio = result("http")["flood"]["profile"]["Portico"]["p99_ratio"]["median"]
    return f"{ratio:.1f} times", ratio <= 2


def memory():
    few, many = (point["memory"]["rss_mib"] for point in result("http")["soak"]["Portico"])
    return f"{few:.0f}, {many:.0f} MiB", many <= 1.05 * few


def collected():
    cost = median(one["cpu"] for one in result("collectstatic")["results"]["Portico, manifest"])
    return f"{cost:.2f} s", cost <= 0.5


def photograph():
    cost = median(cost for one in result("thumbnail")["results"]["baseline, Portico"] for cost in one["ms"])
    return f"{cost:.1f} ms", cost <= 50


FIRST = ("login_page", "profile")
AIMS = [
    ("first answer of `login` and `profile` within 10 ms, DynamoDB's first call and both secrets over TLS included", first_answers),
    ("30 times as soon as Django in the same run", sooner_than_django),
    ("10 MiB resident then", resident),
    ("the profile page, warm: 0.6 ms of CPU", warm_page),
    ("a log-in: 1.10 raw hashes", log_in_again),
    ("a signature: 10 µs", signatures),
    ("the end of all sessions flat in their number", log_out_everywhere),
    ("`runserver`, the profile at 32 connections: 10 times gunicorn's requests a second", requests),
    ("the same: 0.3 s of CPU per 1,000", request_cost),
    ("log-ins within 10 % of what the machine hashes", log_ins),
    ("p99 of the profile in a flood of log-ins: twice that without", flood),
    ("memory after 100,000 requests within 5 % of that after 10,000", memory),
    ("collectstatic, 3,571 files, manifest: 0.5 s of CPU", collected),
    ("12 megapixels to 480 px: 50 ms", photograph),
]
