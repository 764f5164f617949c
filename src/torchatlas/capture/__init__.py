"""The only room that knows torch: it runs models and gives back plain data.

Whatever it does to a model, the model comes back as it was.
"""
