"""An answer's bytes: JSON where the client requests it, else XML, as Alibaba Cloud's gateway does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from starlette.responses import Response

from sandbox.gateway.signatures import WireRequest


def render(
    request: WireRequest, root: str, body: Mapping[str, Any], status: int, headers: Mapping[str, str]
) -> Response:
    """The answer in the client's format. `root` names the outermost element where that is XML."""
    if _wants_json(request):
        text, media_type = json.dumps(body, ensure_ascii=False), "application/json;charset=utf-8"
    else:
        text, media_type = _xml(root, body), "text/xml;charset=utf-8"
    return Response(text, status_code=status, headers={**headers, "content-type": media_type})


def _wants_json(request: WireRequest) -> bool:
    requested = request.parameters.get("Format")
    if requested is not None:
        return requested.upper() == "JSON"
    return "json" in request.headers.get("accept", "")


def _xml(root: str, body: Mapping[str, Any]) -> str:
    element = ElementTree.Element(root)
    _fill(element, body)
    return ElementTree.tostring(element, encoding="unicode", xml_declaration=True)


def _fill(element: ElementTree.Element, value: Any) -> None:
    """A list becomes as many elements of its key's name."""
    if not isinstance(value, Mapping):
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
        return
    for name, inner in value.items():
        for entry in inner if isinstance(inner, list) else [inner]:
            _fill(ElementTree.SubElement(element, name), entry)
