def handler(event, context):
    return {"hello": event["a"], "left": context.get_remaining_time_in_millis()}
