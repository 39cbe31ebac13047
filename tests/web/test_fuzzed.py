"""The interface, fuzzed from its own description: no call breaks it, each answer is as promised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.conftest import BEARER, TOKEN, Served, serving

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def fuzzed(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    directory = tmp_path_factory.mktemp("fuzzed")
    with serving(filled, directory / "store", f'admin_token = "{TOKEN}"') as served:
        yield served


def test_no_call_that_the_description_allows_breaks_anything(fuzzed: Served) -> None:
    described = fuzzed.admin.get("/api/v1/openapi.json").json()
    schema = schemathesis.openapi.from_dict(described)
    schema.config.update(base_url=fuzzed.origin)
    operations = [one.ok() for one in schema.get_all_operations()]
    assert len(operations) > 10
    for operation in operations:
        fuzz(operation.as_strategy(), fuzzed)


def fuzz(cases: st.SearchStrategy[Case], served: Served) -> None:
    @settings(max_examples=6, suppress_health_check=list(HealthCheck))
    @given(cases)
    def called(case: Case) -> None:
        answer = case.call(headers=BEARER)
        case.validate_response(answer, checks=CHECKS, headers=BEARER)

    called()
