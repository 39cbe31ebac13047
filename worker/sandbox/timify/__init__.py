"""The simulated TIMIFY: https://docs2.timify.com/apis/openapi/ as far as it is public."""

from worker.sandbox.timify.quirks import Quirks
from worker.sandbox.timify.simulator import Timify
from worker.sandbox.timify.state import Recurring

__all__ = ["Quirks", "Recurring", "Timify"]
