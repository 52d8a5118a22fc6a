"""The list of checks. A check is a function whose name is the sentence that must hold; it takes a `Deployment`."""

CHECKS = {}


def check(function):
    """Enters the function into the list."""
    CHECKS[function.__name__] = function
    return function


def failures(deployment):
    """What does not hold, each with why."""
    found = {}
    for name, holds in CHECKS.items():
        try:
            holds(deployment)
        except (AssertionError, LookupError, TypeError, ValueError) as error:
            # What is not there at all is told by its name.
            found[name] = f"{type(error).__name__}: {error}" if not isinstance(error, AssertionError) else str(error)
    return found
