"""A file of subscribers nobody has: the columns of a telephone company's, from a seed."""

from __future__ import annotations

import csv
import random
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = [
    "customerID",
    "gender",
    "SeniorCitizen",
    "Partner",
    "Dependents",
    "tenure",
    "PhoneService",
    "MultipleLines",
    "InternetService",
    "OnlineSecurity",
    "OnlineBackup",
    "DeviceProtection",
    "TechSupport",
    "StreamingTV",
    "StreamingMovies",
    "Contract",
    "PaperlessBilling",
    "PaymentMethod",
    "MonthlyCharges",
    "TotalCharges",
    "Churn",
]
CONTRACTS = ("Month-to-month", "One year", "Two year")
METHODS = (
    "Electronic check", "Mailed check", "Bank transfer (automatic)", "Credit card (automatic)",
)  # fmt: skip
PRICES = ("18.25", "20", "29.85", "56.95", "70.7", "99.99", "118.75")


def write(path: Path, rows: int = 200, seed: int = 1, longest: int = 72) -> Path:
    """Every contract, payment method and churn, each also with tenure 0 while there are rows."""
    dice = random.Random(seed)
    kinds = list(product(CONTRACTS, METHODS, ("Yes", "No")))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="No", lineterminator="\n")
        writer.writeheader()
        for number in range(rows):
            kind = kinds[number % len(kinds)]
            tenure = 0 if number < len(kinds) else dice.randint(0, longest)
            writer.writerow(_row(number, kind, tenure, dice.choice(PRICES)))
    return path


def _row(number: int, kind: tuple[str, str, str], tenure: int, price: str) -> dict[str, str]:
    contract, method, churn = kind
    return {
        "customerID": f"{number:04d}-MADEUP",
        "tenure": str(tenure),
        "Contract": contract,
        "PaymentMethod": method,
        "MonthlyCharges": price,
        "TotalCharges": str(tenure),
        "Churn": churn,
        "InternetService": "DSL",
    }
