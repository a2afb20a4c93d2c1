"""How Hypothesis runs: the same examples each time, and no limit of time on a busy machine."""

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")
