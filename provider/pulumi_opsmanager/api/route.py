"""The way to the server: the proxy, and the roots that verify the server's certificate.

The environment is read once for each session, because reading it takes a quarter of the time of a request.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from urllib3.util import parse_url

from .settings import Settings

_ROOTS_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # in the order of requests


@dataclass(frozen=True)
class Proxy:
    """The proxy that requests go through: its URL with a scheme, and the environment variable that names it.

    The URL is not in `repr`, because it may hold a password.
    """

    url: str = field(repr=False)
    setting: str

    @property
    def name(self) -> str:
        """Host, port and variable, without user name and password."""
        parts = None if self.is_malformed else parse_url(self.url)
        return f"{parts.netloc} ({self.setting})" if parts is not None else self.setting

    @property
    def remedy(self) -> str:
        """What to do when it does not connect to the server."""
        return f"correct {self.setting}, or name the server in NO_PROXY if it needs no proxy"

    @property
    def is_socks(self) -> bool:
        """Whether it needs PySocks."""
        return urlsplit(self.url).scheme in ("socks4", "socks4a", "socks5", "socks5h")

    @property
    def is_malformed(self) -> bool:
        """Whether no connection can be tried."""
        try:
            parts = parse_url(self.url)
            # A resolver encodes the name so; a label that is too long or empty is a UnicodeError.
            (parts.host or "").encode("idna")
        except ValueError:
            return True
        has_host = (parts.host or "").split() == [parts.host]  # urllib3 before 2.6 accepts blanks in it
        return not has_host or not (self.is_socks or parts.scheme in ("http", "https"))


@dataclass(frozen=True)
class Route:
    """What lies between this process and the server."""

    host: str  # host of the server, with its port where `base_url` has one
    proxies: Mapping[str, str] = field(repr=False)  # all proxies, as requests takes them
    proxy: Proxy | None  # the proxy for this server; None for a direct connection
    roots: str | bool  # file of CA certificates; True for the default of requests
    roots_setting: str | None  # the setting or variable that names the roots; None for the default

    @property
    def roots_name(self) -> str:
        """The file in use, with the variable that names it."""
        if self.roots_setting is None:
            return f"the default roots ({DEFAULT_CA_BUNDLE_PATH})"
        return str(self.roots) if self.roots_setting == "ca_file" else f"{self.roots} ({self.roots_setting})"

    @property
    def through(self) -> str:
        """Completes "no connection to HOST …" with the proxy, if there is one."""
        return f" through the proxy {self.proxy.name}" if self.proxy is not None else ""


def find_route(settings: Settings) -> Route:
    """Read the environment as requests does: `NO_PROXY` counts, and `ca_file` wins over variables."""
    found = requests.Session().merge_environment_settings(settings.base_url, {}, None, settings.ca_file or True, None)
    proxies = {scheme: _with_scheme(url) for scheme, url in found["proxies"].items()}
    url = select_proxy(settings.base_url, proxies)
    variable = next((name for name in _ROOTS_VARIABLES if os.environ.get(name)), None)
    return Route(
        host=urlsplit(settings.base_url).netloc,
        proxies=proxies,
        proxy=Proxy(url, _proxy_variable(settings.base_url, url)) if url else None,
        roots=found["verify"] or True,
        roots_setting="ca_file" if settings.ca_file else variable,
    )


def _proxy_variable(base_url: str, proxy_url: str) -> str:
    # Python prefers lower case.
    named = sorted(os.environ, key=lambda name: not name.islower())
    for wanted in (f"{urlsplit(base_url).scheme}_proxy", "all_proxy"):
        for name in named:
            if name.lower() == wanted and _with_scheme(os.environ[name]) == proxy_url:
                return name
    return "the proxy settings of this system"


def _with_scheme(url: str) -> str:
    # requests takes the host of HOST:PORT for a scheme, and the user of USER:PASSWORD@HOST.
    return url if "://" in url else f"http://{url.removeprefix('//')}"
