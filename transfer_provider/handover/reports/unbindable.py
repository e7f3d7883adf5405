"""An address that can't be bound: the instance keeps a fixed public address, and no EIP is bound beside that.

Before a submission that is a blocking finding. A recipient's half by itself learns it when the instance has arrived.
"""

from __future__ import annotations

from collections.abc import Sequence

from transfer_provider.handover.plan import Observed, Wanted


def unbindable(wanted: Wanted, observed: Observed, held: str | None) -> Sequence[str]:
    """What to do about the EIP of a handover whose instance has a fixed public address; empty where nothing is to do.

    `held` is the allocation id of the address that the state holds for it.
    """
    if not wanted.address or observed.fixed_public_ip is None:
        return ()
    so_far = f"{held} stays allocated and unbound" if held else "none is allocated"
    return (
        f"Could not bind an EIP to {wanted.instance_id}: its fixed public address {observed.fixed_public_ip} goes with "
        f"it, and no EIP can be bound beside that; {so_far}. Leave `eip` out of {wanted.name}; or convert that address "
        "in the recipient's account (ConvertNatPublicIpToEip) and take it over: `eip: {adopt: eip-…}`.",
    )
