"""`python -m deconv.playground`: the page to play with, on this computer."""

import os
import socket
import sys
import webbrowser
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from deconv import cli
from deconv.config import ROOT, UserPath, at_least
from deconv.errors import ConfigError, UserError

PACKAGES = ("fastapi", "uvicorn")
DISTRIBUTIONS = {"pytorch": "torch", "tensorflow": "tensorflow"}


@dataclass(frozen=True)
class PlaygroundConfig:
    """Open a page to play with: layers in pictures, and the autoencoder on your drawing."""

    port: int = 8000
    """Where the page is: http://127.0.0.1:8000; 0 takes any free one."""
    host: str = "127.0.0.1"
    """The address to listen at. Any other than this lets other computers reach the page."""
    name: tuple[str, ...] = ()
    """Further names by which browsers may reach it; a request that names another is refused."""
    browser: bool = True
    """Without this flag, the page opens in your browser where there is a screen to show it."""
    artifact_dir: UserPath = ROOT / "artifacts"
    """Where the runs' folders are; without runs the weights that come with the project."""
    data_dir: UserPath | None = None
    """Folder of the four Fashion-MNIST archives; without it $FASHION_MNIST_DIR, else
    artifacts/data. Nothing is downloaded: without them the images are drawn garments."""

    def __post_init__(self) -> None:
        at_least("port", self.port, 0)
        if self.port > 65535:
            raise ConfigError(f"--port must be at most 65535, but is {self.port}")


def main() -> None:
    """Read the command line and serve."""
    config = cli.parse(PlaygroundConfig)
    cli.run(lambda: run(config))


def run(config: PlaygroundConfig) -> None:
    """Serve until Ctrl-C; raises `UserError` where a package is missing or the port is taken."""
    if missing := [name for name in PACKAGES if not find_spec(name)]:
        raise UserError(
            f"the playground needs {' and '.join(missing)}; install with "
            'python -m pip install -e ".[playground]" -c constraints.txt'
        )
    with listening(config.host, config.port) as door, TemporaryDirectory() as scratch:
        serve(config, door, Path(scratch))


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises `UserError` where it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise UserError(
            f"cannot listen at {host}, port {port}: {error.strerror or error}; "
            "choose another with --port"
        ) from error


def serve(config: PlaygroundConfig, door: socket.socket, scratch: Path) -> None:
    """Gather weights and images, say where the page is, and answer until Ctrl-C."""
    import uvicorn

    from deconv.playground.frameworks import NAMES, Framework
    from deconv.playground.material import at_hand
    from deconv.playground.server import HOSTS, create_app

    material = at_hand(config.artifact_dir, config.data_dir, scratch)
    frameworks = {name: Framework(name) for name in NAMES if installed(name)}
    hosts = {*HOSTS, *config.name, f"[{config.host}]" if ":" in config.host else config.host}
    app = create_app(material, frameworks, hosts)
    for model in material.models.values():
        print(f"Weights:    {model.title}: {model.about}")
    print(f"Images:     {material.source}")
    host = f"[{config.host}]" if ":" in config.host else config.host
    address = f"http://{host}:{door.getsockname()[1]}"
    print(f"Playground: {address} (Ctrl-C ends it)", flush=True)
    if config.browser and has_screen():  # a browser waits for the answer, as `door` listens already
        Thread(target=open_page, args=(address,), daemon=True).start()
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", server_header=False, timeout_graceful_shutdown=3)
    )
    with suppress(KeyboardInterrupt):  # which is how it is meant to end
        server.run(sockets=[door])


def has_screen() -> bool:
    """Whether a browser with windows can be opened: without one, a text browser would be."""
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def open_page(address: str) -> None:
    """Open an address in the visitor's browser; where none opens, the printed address is enough."""
    with suppress(webbrowser.Error, OSError):
        webbrowser.open(address)


def installed(framework: str) -> bool:
    """Whether a framework is installed, without the seconds that importing it takes."""
    try:
        metadata.version(DISTRIBUTIONS[framework])
    except metadata.PackageNotFoundError:
        return False
    return True


if __name__ == "__main__":
    main()
