"""What others run, behind ports of the domain: payment gateways, a billing agent."""
