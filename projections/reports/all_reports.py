"""The reports by the name that the API and the exports know them by."""

from __future__ import annotations

from projections.reports.deferred_revenue import DEFERRED_REVENUE
from projections.reports.industries import INDUSTRIES
from projections.reports.journal import JOURNAL
from projections.reports.recognized_revenue import RECOGNIZED_REVENUE
from projections.reports.trial_balance import TRIAL_BALANCE

REPORTS = {
    report.name: report
    for report in (DEFERRED_REVENUE, RECOGNIZED_REVENUE, TRIAL_BALANCE, JOURNAL, INDUSTRIES)
}
