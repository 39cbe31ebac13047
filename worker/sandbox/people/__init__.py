"""People who act at the vendors' own pages, on what is calsync's and on what is theirs.

`crowd.People` is the way in for a simulation or a test; the parts here need no switchboard.
"""

from worker.sandbox.people.deeds import DEEDS, act, hand_of
from worker.sandbox.people.thing import Hand, Impossible, Thing

__all__ = ["DEEDS", "Hand", "Impossible", "Thing", "act", "hand_of"]
