"""The registration platform on the e-government extranet: cases, register, certificates."""
