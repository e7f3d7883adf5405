"""How the suite calls the sandbox: through the SDK's own client of each product, and by hand where it has none."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions

from sandbox.actions.call import Action, Product
from sandbox.actions.products import PRODUCTS
from sandbox.server.server import Sandbox
from tests.conformance.cases import CASES, Case
from tests.unit.sandbox.api import Api, key_of
from tools import published

OFFERED = {(product.name, action.name): (product, action) for product in PRODUCTS for action in product.actions}
PUBLISHED = [names for names in OFFERED if published.answer(*names)]


class Caller:
    """A call of an action, as its case says or changed."""

    def __init__(self, cloud: Sandbox, names: tuple[str, str]) -> None:
        self._cloud = cloud
        self.product: Product = OFFERED[names][0]
        self.action: Action = OFFERED[names][1]
        self.case: Case = CASES[names]
        self._api = Api(cloud, self.case.profile)

    def answer(self, **changed: Any) -> dict[str, Any]:
        """The body of the answer, as it came; for a published action through the typed client."""
        parameters = {**self.case.parameters, **changed}
        if published.answer(self.product.name, self.action.name):
            return self._typed(parameters)
        return dict(self._api.call(self.action.name, self._query(parameters), version=self.product.version))

    def refused(self, without: str = "", **changed: Any) -> tuple[int, str]:
        """The HTTP status and the code with which the call is refused, with parameters changed or one left out."""
        parameters = {name: value for name, value in self.case.parameters.items() if name != without}
        return self._api.refused(self.action.name, self._query({**parameters, **changed}), version=self.product.version)

    def _query(self, parameters: Mapping[str, Any]) -> dict[str, str]:
        # The test client would add a region of its own.
        return {"RegionId": "", **Utils.query(parameters)}

    def _typed(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        package = published.MODELS[self.product.name].removesuffix(".models")
        key = key_of(self._cloud, self.case.profile)
        client = _recording(package)(
            Config(
                access_key_id=key.id,
                access_key_secret=key.secret,
                endpoint=self._cloud.endpoint,
                protocol="HTTPS",
                ca=str(self._cloud.home.authority),
            )
        )
        wanted = f"{self.action.name}WithOptions".lower()
        (method,) = (name for name in dir(client) if name.replace("_", "") == wanted)
        request = getattr(importlib.import_module(f"{package}.models"), f"{self.action.name}Request", None)
        arguments = [request().from_map(dict(parameters))] if request else []
        getattr(client, method)(*arguments, RuntimeOptions())
        return dict(client.body)


def _recording(package: str) -> Any:
    """The product's client, which keeps the body of its last answer as it came."""
    base: Any = importlib.import_module(f"{package}.client").Client

    class Recording(base):  # type: ignore[misc]
        def call_api(self, *arguments: Any) -> Any:
            answer = super().call_api(*arguments)
            self.body = answer["body"]
            return answer

    return Recording
