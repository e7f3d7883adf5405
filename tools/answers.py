"""Write sandbox/actions/answers.json, the table of published answers, from the models of Alibaba Cloud's SDK."""

from __future__ import annotations

import json
from typing import Any

from sandbox.actions.answers import FILE, LEFT_OUT
from sandbox.actions.products import PRODUCTS
from tools import published


def table() -> dict[str, dict[str, Any]]:
    """Of each product, each published answer with empty fields and with one entry in each list."""
    return {
        product.name: {
            action.name: _empty(answer, action.name)
            for action in product.actions
            if (answer := published.answer(product.name, action.name))
        }
        for product in PRODUCTS
    }


def _empty(answer: published.Published, path: str) -> Any:
    if isinstance(answer, published.Many):
        return [_empty(answer.of, path)]
    if isinstance(answer, published.Record):
        inner = {name: (field, f"{path}.{name}") for name, field in answer.fields.items() if name != "RequestId"}
        return {name: _empty(field, where) for name, (field, where) in inner.items() if where not in LEFT_OUT}
    return answer()


def main() -> None:
    FILE.write_text(json.dumps(table(), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
