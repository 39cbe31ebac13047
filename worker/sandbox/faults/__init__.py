"""Faults on demand: what vendors, networks and hostile answers do to a worker that reads."""

from worker.sandbox.faults import bombs, listing, row_times, rows, status, transport
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
    "row_times",
    "rows",
    "status",
    "transport",
]
