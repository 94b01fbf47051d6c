"""What the service answers with, field by field, for the OpenAPI document.

A field's kind is written as a word, with `?` where it may be null and `*` where it is shown only
in the answer that makes it. A test holds every live answer
against these.
"""

from __future__ import annotations

from typing import Any

from api import example_ids
from projections.choices import choices

Schema = dict[str, Any]

INSTANT = {"type": "string", "format": "date-time", "examples": ["2026-01-31T00:00:00Z"]}
_KINDS: dict[str, Schema] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "money": {"type": "integer", "description": "Minor units", "examples": [3100]},
    "currency": {"type": "string", "examples": ["USD"]},
    "rate": {"type": "string", "description": "A fraction", "examples": ["0.10"]},
    "number": {"type": "number", "examples": [12.5]},
    "boolean": {"type": "boolean"},
    "instant": INSTANT,
    "id": {"type": "string"},
    "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
    "balances": {"type": "object", "additionalProperties": {"type": "integer"}},
    "object": {"type": "object"},
    "changes": {
        "type": "object",
        "description": "By field of the resource: what it was before the event, and after",
        "additionalProperties": {"type": "object", "required": ["before", "after"]},
    },
    "texts": {"type": "array", "items": {"type": "string"}},
    "integers": {"type": "array", "items": {"type": "integer"}},
    "objects": {"type": "array", "items": {"type": "object"}},
}
_COMMON = "id:id object:text created_at:instant updated_at:instant version:integer livemode:boolean"
_FIELDS = {
    "collaborator": """name:text? email:text role:text status:text invitation_expires_at:instant?
        accepted_at:instant? token:text*""",
    "api_key": """name:text? role:text scopes:texts expires_at:instant? last_used_at:instant?
        revoked_at:instant? secret:text*""",
    "account": """name:text legal_name:text? address:object? tax_id:text? logo:text? timezone:text
        currency:currency billing_engine:text invoice_prefix:text grace_days:integer
        days_until_due:integer incomplete_days:integer dunning_days:integers dunning_end:text
        invoice_numbering:text balance_auto_apply:text bad_debt_tax_relief:boolean
        gl_codes:object""",
    "product": """name:text description:text? image:text? revenue_recognition_strategy:text
        archived:boolean old_provider_id:text? metadata:metadata""",
    "plan": """product_id:id name:text type:text amount:money currency:currency interval:text
        interval_count:integer auto_renew:boolean collection_method:text trial_days:integer
        entitlements:texts seat_capacity:integer? shipments_per_interval:integer? tax_rate:rate?
        tax_behavior:text billing_prompt:text? billing_policy:object? billing_policies:objects
        billing_policy_in_force:integer? maximum_amount:integer? old_provider_id:text?
        archived:boolean metadata:metadata""",
    "coupon": """code:text name:text? percent:number? amount:money? currency:currency? duration:text
        duration_in_months:integer? periods:integer? max_redemptions:integer?
        times_redeemed:integer expires_at:instant? archived:boolean metadata:metadata""",
    "organization": """name:text industry:text? website:text? email:text? phone:text? tax_id:text?
        address:object? customers_count:integer old_provider_id:text? metadata:metadata""",
    "customer": """email:text? first_name:text? last_name:text? title:text? phone:text?
        language:text? organization_id:id? default_payment_method_id:id? balances:balances
        last_active_at:instant? old_provider_id:text? metadata:metadata erased_at:instant?""",
    "address": """customer_id:id type:text first_name:text? last_name:text? company:text?
        line1:text line2:text? city:text? state:text? postal_code:text? country:text
        is_default:boolean old_provider_id:text?""",
    "payment_method": """customer_id:id gateway:text brand:text? last4:text? exp_month:integer?
        exp_year:integer? is_default:boolean""",
    "subscription": """customer_id:id plan_id:id product_id:id currency:currency quantity:integer
        status:text auto_renew:boolean collection_method:text payment_method_id:id?
        start_date:instant billing_behavior:text? current_period_start:instant?
        current_period_end:instant? next_invoice_date:instant? renews_at:instant?
        expires_at:instant? cancel_at_period_end:boolean canceled_at:instant? cancel_reason:text?
        ended_at:instant? suspended_until:instant? shipments_remaining:integer?
        shipping_address_id:id? invoice_notes:text? purchase_order:text? seat_capacity:integer?
        seats_used:integer? seats_available:integer? phases:objects latest_invoice_id:id?
        latest_payment_error:object? discount:object? usage_quantity:integer?
        last_active_at:instant?
        gift:object? old_provider_id:text? metadata:metadata
        next_action:object*""",
    "member": """subscription_id:id subscription_status:text plan_id:id owner_id:id status:text
        email:text first_name:text? last_name:text? customer_id:id? invited_at:instant
        accepted_at:instant? removed_at:instant? last_active_at:instant?""",
    "invoice": """number:text? status:text customer_id:id subscription_id:id? currency:currency
        lines:objects subtotal:money discount_total:money discount:object? tax:money
        total:money amount_paid:money balance_applied:money
        amount_remaining:money amount_credited:money amount_refunded:money amount_recovered:money
        collection_method:text billing_reason:text latest_payment_error:object?
        next_charge_at:instant? issued_at:instant?
        due_at:instant? paid_at:instant? current_period_start:instant? current_period_end:instant?
        notes:text? purchase_order:text? revenue_recognition_strategy:text? old_provider_id:text?
        metadata:metadata next_action:object*""",
    "payment": """status:text customer_id:id invoice_id:id? amount:money currency:currency
        gateway:text? payment_method_id:id? gateway_reference:text? category:text? reference:text?
        failure_code:text? failure_detail:text? started_at:instant settled_at:instant?
        next_action:object*""",
    "refund": """status:text customer_id:id invoice_id:id? credit_note_id:id? payment_id:id?
        subscription_id:id? amount:money currency:currency to:text policy:text? reason:text?
        gateway:text? gateway_reference:text? failure_code:text? failure_detail:text?
        settled_at:instant? refunds:objects*""",
    "credit_note": """number:text? status:text customer_id:id invoice_id:id invoice_number:text?
        subscription_id:id? currency:currency lines:objects subtotal:money tax:money total:money
        amount:money allocations:objects policy:text reason:text? issued_at:instant
        voided_at:instant?""",
    "dispute": """status:text payment_id:id invoice_id:id? customer_id:id amount:money
        currency:currency gateway:text gateway_reference:text reason:text? opened_at:instant
        closed_at:instant?""",
    "balance_transaction": """customer_id:id type:text amount:money currency:currency
        ending_balance:money invoice_id:id? payment_id:id? description:text""",
    "pay_link": "invoice_id:id url:text* expires_at:instant*",
    "test_clock": "now:instant",
    "export": """name:text format:text filters:object status:text progress:integer
        position:integer? size_bytes:integer? url:text? expires_at:instant? failure_code:text?
        failure_detail:text?""",
    "event": """position:integer type:text subject:id subject_version:integer actor:text
        triggered_by:text reason:text? request_id:text?
        idempotency_key:text? recorded_at:instant data:object changes:changes?""",
}
_WITHOUT_COMMON = {
    "member_update": """id:id object:text type:text member:object subscription:object
        event_type:text event_id:id position:integer timestamp:instant""",
    "entitlement": """object:text entitlement:text granted:boolean until:instant reason:object
        reasons:objects""",
    "paper": """object:text hash:text kind:text subject:id template_version:integer
        size_bytes:integer first_sent_at:instant last_sent_at:instant times_sent:integer
        url:text""",
    "alert": "id:id object:text kind:text severity:text subject:text detail:text since:instant?",
    "gateway": """object:text name:text timeout_seconds:integer events_url:text
        signing_secret:text?""",
    "role": "id:text object:text name:text description:text permissions:texts",
    "permission": "id:text object:text covers:text roles:texts routes:texts",
}
"""What follows from the release or from other things: nobody made it, and it has no versions."""

UNFINISHED = ("processing", "requires_action")
"""What is told as the status while nothing was answered, or the customer has to answer."""

PROBLEM: Schema = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "errors", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "examples": ["invoice_terminal"]},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Every wrong field at once",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
        "request_id": {"type": "string"},
    },
}


def resource(name: str) -> Schema:
    """The schema of a resource by its name, as `invoice`."""
    words = (_WITHOUT_COMMON.get(name) or f"{_COMMON} {_FIELDS[name]}").split()
    fields = dict(word.split(":") for word in words)
    return {
        "type": "object",
        "required": [field for field, kind in fields.items() if not kind.endswith("*")],
        "properties": {field: _field(field, kind, name) for field, kind in fields.items()},
    }


def _field(field: str, kind: str, name: str) -> Schema:
    if field == "object":
        return {"const": name}
    schema = dict(_KINDS[kind.rstrip("?*")])
    if kind.startswith("id"):
        schema["examples"] = [example_ids.of(field, name)]
    few = choices(f"{name}s", field) if kind.startswith("text") else None
    if few is not None:
        schema["enum"] = sorted(few)
    if not kind.endswith("?"):
        return schema
    return {**schema, "type": [schema["type"], "null"]} | (
        {"enum": [*schema["enum"], None]} if few is not None else {}
    )


def names() -> tuple[str, ...]:
    return (*_FIELDS, *_WITHOUT_COMMON)
