"""The alicloud provider of one account, for each region it is used in."""

from __future__ import annotations

import pulumi_alicloud as alicloud

from transfer_provider.handover import sdk_overhead


class AlicloudProviders:
    """Providers named `<account>-<region>`, such as `recipient-cn-hangzhou`, created when they are first needed.

    `profile` is the account's in the Alibaba CLI's config (None: pulumi-alicloud's own default chain).
    """

    def __init__(self, account: str, profile: str | None) -> None:
        self._account = account
        self._profile = profile
        self._made: dict[str, alicloud.Provider] = {}

    @sdk_overhead.call_stacks_limited_to(sdk_overhead.NONE)
    def of(self, region: str) -> alicloud.Provider:
        """The provider with the account's credentials in a region; one provider a region.

        Endpoints other than Alibaba Cloud's own come from the environment (ALIBABA_CLOUD_ENDPOINT_ECS, …_VPC), and so
        never into the stack's state.
        """
        if region not in self._made:
            # Set to empty, or the plugin would prefer keys in the environment, maybe the other side's.
            no_keys = "" if self._profile else None
            self._made[region] = alicloud.Provider(
                f"{self._account}-{region}",
                profile=self._profile,
                region=region,
                # Else the plugin queries the billing service, which only subscription resources need.
                account_type="Domestic",
                skip_region_validation=True,
                access_key=no_keys,
                secret_key=no_keys,
                security_token=no_keys,
            )
        return self._made[region]
