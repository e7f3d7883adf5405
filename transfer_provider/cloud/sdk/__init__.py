"""Alibaba Cloud's SDK, imported as far as it is used: every process of every run begins with it.

As it comes, it imports all 1,150 modules of ECS's models, of which a dozen are used, and aiohttp for its asynchronous
calls, of which none is: together 0.4 of its 0.65 s of CPU time. Here each model is imported where it is first used,
and aiohttp where the SDK first calls it. A program's own use of the SDK or of aiohttp is not affected, and
what is imported already, or not as expected, is left as it is.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from transfer_provider.cloud.sdk.on_demand import aiohttp_on_demand, import_models_on_demand

if not TYPE_CHECKING:
    import_models_on_demand()
    with aiohttp_on_demand():
        import_module("alibabacloud_tea_openapi.client")

from alibabacloud_credentials.client import Client as CredentialClient
from alibabacloud_credentials.provider import CLIProfileCredentialsProvider, DefaultCredentialsProvider
from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_tea_openapi.client import Client as OpenApiClient
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
from darabonba.exceptions import RetryError
from darabonba.runtime import RuntimeOptions

__all__ = [
    "AlibabaCloudException",
    "CLIProfileCredentialsProvider",
    "Config",
    "CredentialClient",
    "DefaultCredentialsProvider",
    "EcsClient",
    "OpenApiClient",
    "OpenApiRequest",
    "Params",
    "RetryError",
    "RuntimeOptions",
    "models",
]
