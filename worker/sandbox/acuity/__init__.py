"""The simulated Acuity Scheduling: https://developers.acuityscheduling.com/reference."""

from worker.sandbox.acuity.limiter import Limiter
from worker.sandbox.acuity.quirks import Quirks
from worker.sandbox.acuity.simulator import Acuity

__all__ = ["Acuity", "Limiter", "Quirks"]
