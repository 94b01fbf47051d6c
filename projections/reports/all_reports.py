"""The reports by the name that the API and the exports know them by."""

from __future__ import annotations

from projections.reports.balances import BALANCES
from projections.reports.deferred_revenue import DEFERRED_REVENUE
from projections.reports.industries import INDUSTRIES
from projections.reports.journal import JOURNAL
from projections.reports.receivables_aging import RECEIVABLES_AGING
from projections.reports.recognized_revenue import RECOGNIZED_REVENUE
from projections.reports.revenue_waterfall import REVENUE_WATERFALL
from projections.reports.trial_balance import TRIAL_BALANCE

REPORTS = {
    report.name: report
    for report in (
        DEFERRED_REVENUE,
        RECOGNIZED_REVENUE,
        REVENUE_WATERFALL,
        TRIAL_BALANCE,
        JOURNAL,
        RECEIVABLES_AGING,
        BALANCES,
        INDUSTRIES,
    )
}
