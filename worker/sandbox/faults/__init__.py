"""Faults on demand: what vendors, networks and hostile answers do to a worker."""

from worker.sandbox.faults import (
    bombs,
    listing,
    marks,
    row_times,
    rows,
    status,
    transport,
    write_answers,
    write_memory,
    writes,
)
from worker.sandbox.faults.catalogue import CATALOGUE, Fault, Incident
from worker.sandbox.faults.injector import Activation, Faults

__all__ = [
    "CATALOGUE",
    "Activation",
    "Fault",
    "Faults",
    "Incident",
    "bombs",
    "listing",
    "marks",
    "row_times",
    "rows",
    "status",
    "transport",
    "write_answers",
    "write_memory",
    "writes",
]
