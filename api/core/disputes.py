"""Disputes, read only: gateways open and close them."""

from __future__ import annotations

from api.resource_routes import reads
from api.route import Route
from projections.disputes import DISPUTES

ROUTES: tuple[Route, ...] = reads(DISPUTES)
