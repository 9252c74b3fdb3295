"""Blank certificates (空白证书): the printed numbers (印制编号) in stock, taken and spoiled."""
