"""Proxies with plain configurations, between grpcalc and one server."""

import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import grpc

from programs import FOREIGN, free_port

BIN = FOREIGN / "bin"


class Proxy:
    """A proxy that passes all calls to the server at `server`. It can be killed and started again."""

    def __init__(self, server):
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        host, port = server.split(":")
        names = {"folder": self.folder.name, "listen": self.port, "host": host, "port": port}
        for name, text in self.files.items():
            for key, value in names.items():
                text = text.replace(f"@{key}@", str(value))
            (Path(self.folder.name) / name).write_text(text)
        self.start()

    def start(self):
        command = [part.replace("@folder@", self.folder.name) for part in self.command]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"HOME": self.folder.name, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            start_new_session=True,
        )

    def wait(self):
        with grpc.insecure_channel(self.address) as channel:
            grpc.channel_ready_future(channel).result(timeout=30)

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=20)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.kill()
        self.folder.cleanup()


class Caddy(Proxy):
    command = [str(BIN / "caddy"), "run", "--adapter", "caddyfile", "--config", "@folder@/Caddyfile"]
    files = {
        "Caddyfile": """
{
    admin off
    auto_https off
    servers {
        protocols h1 h2 h2c
    }
}
http://127.0.0.1:@listen@ {
    reverse_proxy h2c://@host@:@port@
}
"""
    }


class Traefik(Proxy):
    command = [str(BIN / "traefik"), "--configfile=@folder@/static.yaml"]
    files = {
        "static.yaml": """
global: {checkNewVersion: false, sendAnonymousUsage: false}
entryPoints: {web: {address: "127.0.0.1:@listen@"}}
providers: {file: {filename: "@folder@/dynamic.yaml"}}
""",
        "dynamic.yaml": """
http:
  routers: {calc: {rule: "PathPrefix(`/`)", service: calc, entryPoints: [web]}}
  services: {calc: {loadBalancer: {servers: [{url: "h2c://@host@:@port@"}]}}}
""",
    }


class Envoy(Proxy):
    command = [str(BIN / "envoy"), "-c", "@folder@/envoy.yaml", "--use-dynamic-base-id", "-l", "off"]
    files = {
        "envoy.yaml": """
static_resources:
  listeners:
  - address: {socket_address: {address: 127.0.0.1, port_value: @listen@}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: calc
          codec_type: HTTP2
          route_config:
            virtual_hosts:
            - {name: calc, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: calc, timeout: 0s}}]}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
  clusters:
  - name: calc
    connect_timeout: 1s
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
    load_assignment:
      cluster_name: calc
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: @host@, port_value: @port@}}}
"""
    }


class HAProxy(Proxy):
    command = ["haproxy", "-db", "-f", "@folder@/haproxy.cfg"]
    files = {
        "haproxy.cfg": """
defaults
    mode http
    timeout connect 5s
    timeout client 1m
    timeout server 1m
frontend calls
    bind 127.0.0.1:@listen@ proto h2
    default_backend calc
backend calc
    server calc @host@:@port@ proto h2
"""
    }


class Nginx(Proxy):
    command = ["nginx", "-p", "@folder@", "-c", "@folder@/nginx.conf", "-e", "stderr"]
    files = {
        "nginx.conf": """
daemon off;
master_process off;
pid @folder@/pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
    access_log off;
    client_body_temp_path @folder@/body;
    proxy_temp_path @folder@/proxy;
    fastcgi_temp_path @folder@/fastcgi;
    uwsgi_temp_path @folder@/uwsgi;
    scgi_temp_path @folder@/scgi;
    server {
        listen 127.0.0.1:@listen@ http2;
        location / { grpc_pass grpc://@host@:@port@; }
    }
}
"""
    }


class Tinyproxy(Proxy):
    """A proxy for HTTP and CONNECT, which knows no server."""

    command = ["tinyproxy", "-d", "-c", "@folder@/tinyproxy.conf"]
    files = {
        "tinyproxy.conf": """
Port @listen@
Listen 127.0.0.1
Allow 127.0.0.1
BasicAuth ada secret
"""
    }

    def wait(self):
        for _ in range(300):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.1)
        raise TimeoutError


ALL = [Caddy, Traefik, Envoy, HAProxy, Nginx]
