"""/api/tenants/: limits of tenants, for staff."""

from callbox.accounts.v1 import accounts_pb2 as pb
from fastapi import APIRouter
from google.protobuf.field_mask_pb2 import FieldMask

from services.gateway.answers.envelope import BODY, refusals
from services.gateway.gateway import CallerOf, GatewayOf, documented
from services.gateway.models.account_data import LimitsChange, TenantLimits
from services.gateway.requests.body import StrictBodyRoute
from services.gateway.requests.path_names import PathName, require_name
from services.kit.rpc.client import call

router = APIRouter(prefix="/api/tenants", tags=["accounts"], route_class=StrictBodyRoute, dependencies=documented)


@router.patch("/{tenant_id}/limits/", responses=refusals(*BODY, 401, 403, 404), summary="Set a tenant's limits (staff)")
async def set_limits(tenant_id: PathName, body: LimitsChange, caller: CallerOf, gateway: GatewayOf) -> TenantLimits:
    """Sets how many calls a tenant may have at the same time. It applies to new calls within seconds."""
    limits = pb.TenantLimits(
        tenant_id=require_name(tenant_id, "The tenant"), concurrent_sessions=body.concurrent_sessions
    )
    answer = await call(
        gateway.backends.accounts.UpdateTenantLimits,
        pb.UpdateTenantLimitsRequest(limits=limits, update_mask=FieldMask(paths=["concurrent_sessions"])),
        identity=caller.token,
    )
    return TenantLimits(tenant_id=answer.tenant_id, concurrent_sessions=answer.concurrent_sessions)
