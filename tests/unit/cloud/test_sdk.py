"""The SDK is imported as far as it is used, and stays the SDK."""

from __future__ import annotations

import subprocess
import sys

from tests.examples import left_to_the_whole_suite

pytestmark = left_to_the_whole_suite("each starts an interpreter, to see how an installed SDK is imported")

LOADED = "print(sum(name.startswith('alibabacloud_ecs20140526.models.') for name in sys.modules))"


def printed(*lines: str) -> list[str]:
    """What a fresh interpreter prints that runs these lines."""
    program = "\n".join(("import sys", *lines))
    return subprocess.check_output([sys.executable, "-c", program], text=True).splitlines()


def test_the_library_imports_neither_models_that_it_does_not_use_nor_aiohttp() -> None:
    _, loaded, aiohttp = printed(
        "import transfer_provider.transfer, transfer_provider.receipt",
        "from transfer_provider.cloud.sdk import models",
        "print(models.DescribeInstancesRequest(region_id='cn-hangzhou').to_map())",
        LOADED,
        "print('aiohttp' in sys.modules)",
    )
    assert int(loaded) < 50  # of 1,150
    assert aiohttp == "False"


def test_every_model_is_there_under_its_name() -> None:
    assert printed(
        "from transfer_provider.cloud.sdk import models",
        "from alibabacloud_ecs20140526.models import *",
        "print(len(models.__all__) > 2_000, all(globals()[name].__name__ == name for name in models.__all__))",
    ) == ["True True"]


def test_a_model_that_is_not_there_is_an_attribute_error() -> None:
    assert printed(
        "from transfer_provider.cloud.sdk import models",
        "print(hasattr(models, 'TransferInstanceRequest'), hasattr(models, '__wrapped__'))",
    ) == ["False False"]


def test_an_sdk_that_lists_its_models_in_another_way_is_imported_whole() -> None:
    assert printed(
        "import importlib.machinery",
        "importlib.machinery.SourceFileLoader.get_source = lambda self, name: '# listed in another way'",
        "from transfer_provider.cloud.sdk import models",
        "print(models.DescribeInstancesRequest.__name__)",
    ) == ["DescribeInstancesRequest"]


def test_an_sdk_that_a_program_has_imported_before_stays_as_it_is() -> None:
    assert printed(
        "import alibabacloud_ecs20140526.models as before",
        "from transfer_provider.cloud.sdk import models",
        "print(models is before, '__getattr__' in vars(before))",
    ) == ["True False"]


def test_a_program_has_the_real_aiohttp_and_the_sdks_own_asynchronous_calls_have_it_too() -> None:
    assert printed(
        "import asyncio, transfer_provider.cloud.client, darabonba.core, Tea.core",
        "import aiohttp",
        "print(aiohttp.ClientSession.__module__, darabonba.core.aiohttp.ClientSession is aiohttp.ClientSession)",
        "from darabonba.request import DaraRequest",
        "request = DaraRequest()",
        "request.headers = {'host': '127.0.0.1:1'}",
        "try: asyncio.run(darabonba.core.DaraCore.async_do_action(request, {'connectTimeout': 1000}))",
        "except Exception as error: print(type(error).__name__, type(error.__context__).__module__)",
    ) == ["aiohttp.client True", "RetryError aiohttp.client_exceptions"]
