"""The playground as a web application: the page, and its API for programs.

Everything is answered by `respond`. The server adds what a page in a browser has not
got: PyTorch and TensorFlow, and weights and images from files.
"""

import mimetypes
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any

import numpy as np
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from deconv.config import FRAMEWORKS
from deconv.errors import UserError
from deconv.playground.api_page import api_page
from deconv.playground.frameworks import Framework, FrameworkError
from deconv.playground.garment import Material, Model
from deconv.playground.guard import Guard
from deconv.playground.queueing import BusyError, Queue
from deconv.playground.respond import answer, respond
from deconv.playground.schema import (
    ArithmeticAnswer,
    ArithmeticRequest,
    MeetingAnswer,
    MeetingRequest,
    Problem,
    ReconstructAnswer,
    ReconstructRequest,
)
from deconv.playground.site import STATIC, THEME, theme_css
from deconv.playground.upload import grey_levels

HOSTS = ("127.0.0.1", "localhost", "[::1]")
PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "It cannot be computed; the sentence says why."},
    413: {"model": Problem, "description": "The request is too long."},
    415: {"model": Problem, "description": "Another type of content than the API takes."},
    421: {"model": Problem, "description": "The request names another host."},
    422: {"model": Problem, "description": "A value has the wrong type or is out of range."},
    503: {"model": Problem, "description": "Busy, or a framework is not there."},
}
BODIES = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": ReconstructRequest.model_json_schema()},
            "image/png": {"schema": {"type": "string", "format": "binary"}},
            "image/jpeg": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


def create_app(
    material: Material,
    frameworks: Mapping[str, Framework] | None = None,
    hosts: Iterable[str] = HOSTS,
) -> FastAPI:
    """The application, for a server or a test; it ends the frameworks' processes when it ends."""
    frameworks = frameworks or {}

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        for framework in frameworks.values():
            framework.close()

    app = FastAPI(
        title="Playground of transposed convolutions",
        version="1",
        docs_url=None,  # both pages of FastAPI load scripts from another host
        redoc_url=None,
        lifespan=lifespan,
    )
    app.add_middleware(Guard, hosts=hosts)
    in_numpy = Queue(at_once=2, waiting=100)
    _add_problems(app, in_numpy)
    _add_api(app, material, frameworks, in_numpy)
    mimetypes.add_type("text/javascript", ".js")  # Windows may say something else
    app.mount("/", StaticFiles(directory=STATIC, html=True))
    return app


def _add_api(
    app: FastAPI, material: Material, frameworks: Mapping[str, Framework], in_numpy: Queue
) -> None:
    in_frameworks = Queue(at_once=2, waiting=8)

    async def answered(ask: str, values: Mapping[str, Any]) -> JSONResponse:
        request = {"ask": ask, **values}
        return JSONResponse(await in_numpy.run(lambda: answer(request, material)))

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(api_page(app.openapi()))

    @app.get(f"/{THEME}", include_in_schema=False)
    async def theme() -> Response:
        return Response(theme_css(), media_type="text/css")

    @app.get("/api/choices", summary="What there is to choose from")
    async def choices() -> JSONResponse:
        """Views, presets, limits, models, frameworks and images."""
        found = answer({"ask": "choices"}, material)
        found["frameworks"] |= {name: FRAMEWORKS[name] for name in frameworks}
        return JSONResponse(found)

    @app.post(
        "/api/arithmetic", summary="A layer in pictures", responses=_answers(ArithmeticAnswer)
    )
    async def arithmetic(request: ArithmeticRequest) -> JSONResponse:
        """The picture of one step of one view, with the numbers and the code of the layer."""
        return await answered("arithmetic", request.model_dump(exclude_none=True))

    @app.post("/api/meeting", summary="What meets at a cell", responses=_answers(MeetingAnswer))
    async def meeting(request: MeetingRequest) -> JSONResponse:
        """The inputs, taps and outputs that meet at one cell, and the sum written out."""
        return await answered("meeting", request.model_dump(exclude_none=True))

    @app.post(
        "/api/reconstruct",
        summary="A picture through the autoencoder",
        responses=_answers(ReconstructAnswer),
        openapi_extra=BODIES,
    )
    async def reconstruct(
        request: Request,
        framework: Annotated[str, Query(description="As in the body; for a picture.")] = "numpy",
        model: Annotated[list[str] | None, Query(description="Names of models.")] = None,
    ) -> JSONResponse:
        """Send JSON, or a PNG or JPEG picture as it is, which is turned grey and resized."""
        values = await _picture_of(request, framework, model, in_numpy)
        name = values.pop("framework")
        if name == "numpy":
            return await answered("reconstruct", values)
        if name not in frameworks:
            raise FrameworkError(f"{FRAMEWORKS[name]} is not installed here; NumPy is")

        def compute(model: Model, images: np.ndarray) -> np.ndarray:
            return frameworks[name].reconstruct(model, images)

        asked = {"ask": "reconstruct", **values}
        return JSONResponse(await in_frameworks.run(lambda: answer(asked, material, compute)))


async def _picture_of(
    request: Request, framework: str, models: list[str] | None, in_numpy: Queue
) -> dict[str, Any]:
    """The values of a request to reconstruct, from JSON or from a picture, which takes a turn."""
    body = await request.body()
    kind = request.headers["content-type"].partition(";")[0].strip().lower()
    if kind == "application/json":
        asked = ReconstructRequest.model_validate_json(body)
    else:
        pixels = await in_numpy.run(lambda: grey_levels(body))
        asked = ReconstructRequest.model_validate(
            {"pixels": pixels, "framework": framework, "models": models}
        )
    return asked.model_dump(exclude_none=True)


def _answers(model: Any) -> dict[int | str, dict[str, Any]]:
    return {200: {"model": model}, **PROBLEMS}


def _add_problems(app: FastAPI, in_numpy: Queue) -> None:
    """Let every problem be a status of 4xx or 503 and one sentence."""

    @app.exception_handler(UserError)
    async def user_error(request: Request, error: UserError) -> JSONResponse:
        busy = isinstance(error, BusyError | FrameworkError)
        return _problem(503 if busy else 400, str(error))

    @app.exception_handler(RequestValidationError)
    @app.exception_handler(ValidationError)
    async def wrong_value(
        request: Request, error: RequestValidationError | ValidationError
    ) -> JSONResponse:
        body = getattr(error, "body", None)
        if isinstance(body, dict):  # the page without a server says it in these words
            asked = {**body, "ask": request.url.path.rpartition("/")[2]}
            try:
                found = await in_numpy.run(lambda: respond(asked))
            except BusyError as busy:
                return await user_error(request, busy)
            if "error" in found:
                return _problem(422, found["error"])
        first = error.errors()[0]
        place = ".".join(str(one) for one in first["loc"] if one not in ("body", "query"))
        return _problem(422, f"{_printable(place)}: {first['msg']}" if place else first["msg"])

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        return _problem(error.status_code, f"{error.detail}: {_printable(request.url.path)}")


def _printable(text: str) -> str:
    """The beginning of what somebody sent, on one line."""
    return repr(text[:100])[1:-1]


def _problem(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status_code=status)
