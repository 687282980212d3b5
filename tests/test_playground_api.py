"""The API keeps what its description promises, whatever a program sends (schemathesis)."""

import pytest
from hypothesis import HealthCheck, given, settings
from test_playground import drawn_models

pytest.importorskip("fastapi", reason="fastapi is not installed: pip install -e '.[playground]'")
pytest.importorskip("schemathesis", reason="schemathesis is missing: pip install -e '.[browser]'")

from schemathesis.openapi import from_asgi
from schemathesis.python.asgi import HOST
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from deconv.playground.server import HOSTS, create_app

pytestmark = pytest.mark.slow
api = from_asgi("/openapi.json", create_app(drawn_models(), hosts=(*HOSTS, HOST)))
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


OPERATIONS = [
    (path, method.upper())
    for path, methods in api.raw_schema["paths"].items()
    for method in methods
]


# Each has a name of its own: the tests that run side by side are told apart by their names.
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_one_that_is_described(path, method):
    @settings(max_examples=100, suppress_health_check=list(HealthCheck))
    @given(case=api[path][method].as_strategy())
    def ask(case):
        answer = case.call_and_validate(checks=CHECKS)
        if answer.status_code >= 500:  # described too, but only one of them can be meant here
            assert "not installed here" in answer.json()["error"]

    ask()
