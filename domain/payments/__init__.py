"""Money on its way and arrived, customers' balances, the port to gateways."""
