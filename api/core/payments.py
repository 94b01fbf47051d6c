"""Payments, read only."""

from __future__ import annotations

from api.resource_routes import reads
from api.route import Route
from projections.payments import PAYMENTS

ROUTES: tuple[Route, ...] = reads(PAYMENTS)
