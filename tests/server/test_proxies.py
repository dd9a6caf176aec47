"""The ready-made files for proxies in deploy/ work in front of the site.

Each is used as it is, but for the addresses, ports and certificates of this machine, where the
program is installed.
"""

import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPSConnection
from pathlib import Path

import pytest
import trustme

from config import ROOT
from tests.browser import Browser
from tests.factories import sign_in
from tests.live_site import WSGI, LiveSite, LiveSites
from tests.server.slow_clients import FORM_TYPE, build_request_head, send_feedback
from tests.waiting import HOST, free_port, wait_until

NGINX, CADDY = shutil.which("nginx"), shutil.which("caddy")


class Proxy:
    """A proxy that is running, and what it answers."""

    def __init__(self, port: int, authority: trustme.CA, host: str) -> None:
        self._port = port
        self._host = host
        self._context = ssl.create_default_context()
        authority.configure_trust(self._context)

    def fetch(
        self, path: str, method: str = "GET", body: bytes = b"", **headers: str
    ) -> tuple[int, Mapping[str, str], bytes]:
        connection = HTTPSConnection("localhost", self._port, timeout=20, context=self._context)
        try:
            connection.request(method, path, body, {"Host": self._host, **headers})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    @contextmanager
    def slow_forms(self, number: int) -> Iterator[None]:
        """Let several people send the beginning of a form through it, and nothing more."""
        about = {"Host": self._host, "Content-Type": FORM_TYPE, "Content-Length": "1000"}
        with ExitStack() as connections:
            for _ in range(number):
                line = connections.enter_context(socket.create_connection((HOST, self._port)))
                secure = self._context.wrap_socket(line, server_hostname="localhost")
                connections.enter_context(secure)
                secure.sendall(
                    build_request_head(self._port, "POST", "/feedback", about) + b"message=a"
                )
            yield

    def is_up(self) -> bool:
        try:
            return self.fetch("/healthz")[0] == 200
        except OSError:
            return False


@contextmanager
def running_program(command: list[str], folder: Path, **settings: str) -> Iterator[None]:
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env={"PATH": "/usr/bin:/bin", **settings}
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def nginx(site: LiveSite, folder: Path) -> Iterator[Proxy]:
    assert NGINX is not None
    authority, port = write_certificate(folder), free_port()
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("listen 80;", f"listen {HOST}:{free_port()};")
    text = text.replace("listen 443 ssl;", f"listen {HOST}:{port} ssl;")
    text = text.replace("127.0.0.1:8000", f"{HOST}:{site.port}")
    text = text.replace("Host $host", f"Host {HOST}:{site.port}")  # the name it is tried under
    text = re.sub(r"/etc/ssl/conference/(\w+)\.pem", rf"{folder}/\1.pem", text)
    text = text.replace("/var/cache/nginx/conference", f"{folder}/cache")
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""  # or it could not use this test's folder
    whole = f"{user}pid {folder}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{places}{text}}}\n"
    (folder / "nginx.conf").write_text(whole, encoding="utf-8")
    command = [NGINX, "-p", str(folder), "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]
    with running_program([*command, "-g", "daemon off;"], folder):
        proxy = Proxy(port, authority, f"{HOST}:{site.port}")
        wait_until(proxy.is_up, "nginx", 20, (folder / "proxy.log").read_text)
        yield proxy


@contextmanager
def caddy(site: LiveSite, folder: Path) -> Iterator[Proxy]:
    assert CADDY is not None
    authority, port = write_certificate(folder), free_port()
    text = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    text = text.replace("{\n\tservers", "{\n\tadmin off\n\tauto_https off\n\tservers", 1)
    text = text.replace(
        "conference.example {", f"https://localhost:{port} {{\n\ttls fullchain.pem privkey.pem\n"
    )
    text = text.replace(
        "reverse_proxy 127.0.0.1:8000",
        f"reverse_proxy {HOST}:{site.port}",
    )
    host = f"header_up Host {HOST}:{site.port}"
    text = text.replace("request_buffers", f"{host}\n\t\trequest_buffers")
    if "2.6.2" in subprocess.check_output([CADDY, "version"], text=True):  # of Debian 12
        text = text.replace("request_buffers", "buffer_requests\n\t\tmax_buffer_size")
    (folder / "Caddyfile").write_text(text, encoding="utf-8")
    with running_program([CADDY, "run", "--config", "Caddyfile"], folder, HOME=str(folder)):
        proxy = Proxy(port, authority, f"localhost:{port}")
        wait_until(proxy.is_up, "Caddy", 20, (folder / "proxy.log").read_text)
        yield proxy


def write_certificate(folder: Path) -> trustme.CA:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(folder / "privkey.pem")
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(folder / "fullchain.pem", append=True)
    return authority


PROXIES = [
    pytest.param(nginx, marks=pytest.mark.skipif(NGINX is None, reason="nginx is not installed")),
    pytest.param(caddy, marks=pytest.mark.skipif(CADDY is None, reason="Caddy is not installed")),
]


@pytest.mark.settings(PROXIES=1)
@pytest.mark.parametrize("proxy_of", PROXIES)
def test_pages_forms_and_large_bodies_pass_through_the_proxy(
    live_site: LiveSites, tmp_path: Path, proxy_of: Callable[..., Iterator[Proxy]]
) -> None:
    site = live_site()
    with proxy_of(site, tmp_path) as proxy:  # type: ignore[attr-defined]  # made by contextmanager
        status, about, page = proxy.fetch("/programme", **{"Accept-Encoding": "br"})
        assert (status, about["etag"][-4:]) == (200, '-br"')
        assert proxy.fetch("/programme?view=grid")[2] != page
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert proxy.fetch("/feedback", "POST", b"message=a", **form)[0] == 422
        refused = proxy.fetch("/feedback", "POST", b"message=" + b"a" * 5_000_000, **form)
        assert (refused[0], b"Too much data" in refused[2]) == (413, True)
    assert send_feedback(site.address) == "/feedback/sent"


@pytest.mark.settings(PROXIES=1)
@pytest.mark.parametrize("proxy_of", PROXIES)
def test_slow_request_bodies_are_buffered_by_the_proxy(
    live_site: LiveSites, tmp_path: Path, proxy_of: Callable[..., Iterator[Proxy]]
) -> None:
    site = live_site(interface=WSGI)  # where two slow forms would keep all others out
    form = {"Content-Type": FORM_TYPE}
    with proxy_of(site, tmp_path) as proxy, proxy.slow_forms(5):  # type: ignore[attr-defined]  # as above
        statuses = [proxy.fetch("/feedback", "POST", b"message=a", **form)[0] for _ in "abc"]

    assert statuses == [422, 422, 422]


@pytest.mark.settings(PROXIES=1)
@pytest.mark.parametrize("proxy_of", PROXIES)
def test_a_malformed_cookie_of_another_site_does_not_break_the_session_cookie(
    visitor: Browser,
    live_site: LiveSites,
    tmp_path: Path,
    proxy_of: Callable[..., Iterator[Proxy]],
) -> None:
    session = sign_in(visitor).cookies()["session"]
    site = live_site()
    cookies = f"foreign=Z\u00fcrich; session={session}; other=\u00fc"
    with proxy_of(site, tmp_path) as proxy:  # type: ignore[attr-defined]  # made by contextmanager
        status, _, page = proxy.fetch("/my", Cookie=cookies)

    assert (status, b"Sign out" in page) == (200, True)


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
@pytest.mark.settings(PROXIES=1)
def test_the_nginx_cache_is_bypassed_only_with_access_keys_switched_off(
    live_site: LiveSites, tmp_path: Path
) -> None:
    site = live_site()
    with nginx(site, tmp_path) as proxy:
        cookies = ("", "agenda=one", "session=two; answers=three")
        seen = [proxy.fetch("/speakers", Cookie=cookie) for cookie in cookies]
        without = proxy.fetch("/speakers", Cookie="access_keys=off")
        again = proxy.fetch("/speakers")
        private = [proxy.fetch("/sign-in")[1]["x-cache-status"] for _ in range(2)]

    assert [about["x-cache-status"] for _, about, _ in seen] == ["MISS", "HIT", "HIT"]
    assert (without[1]["x-cache-status"], b"accesskey" in without[2]) == ("BYPASS", False)
    assert (again[1]["x-cache-status"], b"accesskey" in again[2]) == ("HIT", True)
    assert private == ["MISS", "MISS"]
