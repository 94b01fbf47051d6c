"""A gift's code is worth one subscription, whoever comes first and however many come."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.api.conftest import PLAN
from tests.api.test_gifts import GIFT, again, entitled

AT_ONCE = 32


def test_of_32_clients_with_one_code_one_redeems_it(shop):
    client = shop.client
    body = {**PLAN, "product_id": shop.product["id"], "entitlements": ["premium"]}
    gift = shop.subscribe(plan_id=client.made("/plans", body)["id"], gift=GIFT).json
    readers = [client.made("/customers", {}) for _ in range(AT_ONCE)]
    together = Barrier(AT_ONCE)

    def redeem(reader):
        together.wait()
        return client.post(
            "/gifts/redeem", {"code": gift["gift"]["code"], "customer_id": reader["id"]}
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(redeem, readers))
    told = Counter((each.status_code, each.json.get("code")) for each in answers)
    assert told == {(200, None): 1, (409, "gift_already_redeemed"): AT_ONCE - 1}
    (won,) = [at for at, each in enumerate(answers) if each.status_code == 200]
    assert again(client, gift)["gift"]["recipient_id"] == readers[won]["id"]
    assert [reader["id"] for reader in readers if entitled(client, reader)] == [readers[won]["id"]]
    events = client.get(f"/subscriptions/{gift['id']}/events").json["data"]
    assert [each["type"] for each in events].count("subscription.gift_redeemed") == 1


def test_of_32_newcomers_of_one_e_mail_one_customer_is_made(shop):
    client = shop.client
    gift = shop.subscribe(gift=GIFT).json
    together = Barrier(AT_ONCE)

    def redeem(_):
        together.wait()
        return client.post(
            "/gifts/redeem", {"code": gift["gift"]["code"], "email": GIFT["recipient_email"]}
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(redeem, range(AT_ONCE)))
    assert Counter(each.status_code for each in answers) == {200: 1, 409: AT_ONCE - 1}
    made = client.get("/customers", params={"email": GIFT["recipient_email"]}).json["data"]
    assert [each["id"] for each in made] == [again(client, gift)["gift"]["recipient_id"]]
