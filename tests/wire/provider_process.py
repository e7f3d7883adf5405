"""The provider as the engine runs it: a process of its own, spoken to over gRPC."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import json_format, struct_pb2
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from tests import warm
from tests.wire import impatient
from transfer_provider.transfer import InstanceTransferProvider

UNKNOWN = rpc.UNKNOWN
URN = "urn:pulumi:test::project::pulumi-python:dynamic/transfer:InstanceTransfer::web-01"


class Failed(Exception):
    """The provider answered with an error; its text is what the engine shows."""


@dataclass
class ProviderProcess:
    """The gRPC calls of the engine, with plain dictionaries on both sides."""

    stub: Any
    provider: str
    process: subprocess.Popen[str]

    def configure(self, config: Mapping[str, str]) -> None:
        self._call(self.stub.Configure, provider_pb2.ConfigureRequest(args=_struct(config)))

    def check(
        self, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, str]]:
        request = provider_pb2.CheckRequest(urn=URN, olds=self._props(olds or {}), news=self._props(news))
        answer = self._call(self.stub.Check, request)
        return _plain(answer.inputs), {failure.property: failure.reason for failure in answer.failures}

    def diff(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Any:
        request = provider_pb2.DiffRequest(id=id_, urn=URN, olds=self._props(olds), news=self._props(news))
        return self._call(self.stub.Diff, request)

    def create(self, props: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        answer = self._call(self.stub.Create, provider_pb2.CreateRequest(urn=URN, properties=self._props(props)))
        return answer.id, _plain(answer.properties)

    def read(self, id_: str, props: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        answer = self._call(self.stub.Read, provider_pb2.ReadRequest(id=id_, urn=URN, properties=self._props(props)))
        return answer.id, _plain(answer.properties)

    def update(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(id=id_, urn=URN, olds=self._props(olds), news=self._props(news))
        return _plain(self._call(self.stub.Update, request).properties)

    def delete(self, id_: str, props: Mapping[str, Any]) -> None:
        self._call(self.stub.Delete, provider_pb2.DeleteRequest(id=id_, urn=URN, properties=self._props(props)))

    def _props(self, values: Mapping[str, Any]) -> struct_pb2.Struct:
        return _struct({"__provider": self.provider, **values})

    def _call(self, method: Any, request: Any) -> Any:
        try:
            return method(request, timeout=60)
        except grpc.RpcError as error:
            raise Failed(error.details()) from None


@contextmanager
def running(
    environment: Mapping[str, str],
    config: Mapping[str, str],
    cwd: Path,
    provider: type[ResourceProvider] = InstanceTransferProvider,
) -> Iterator[ProviderProcess]:
    """A process of this provider with this environment, configured with the stack's settings."""
    process = subprocess.Popen(
        [warm.python(), "-u", impatient.__file__, "127.0.0.1:1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(environment) | {"PULUMI_PROJECT": "project"},
        cwd=cwd,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            client = ProviderProcess(
                provider_pb2_grpc.ResourceProviderStub(channel), str(serialize_provider(provider())), process
            )
            client.configure({f"project:{key}": value for key, value in config.items()})
            yield client
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    json_format.ParseDict(dict(values), struct)
    return struct


def _plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    values: dict[str, Any] = json_format.MessageToDict(struct)
    values.pop("__provider", None)
    return values
