"""Build a release twice, compare its bytes, describe and sign it: make release"""
