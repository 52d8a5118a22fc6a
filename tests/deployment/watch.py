"""Checks of the logs, the alarms and the dashboard."""

import json
import re

from check import check
from functions import CONSUMERS, FUNCTION
from translation import ROOT, shown

ALARM = "AWS::CloudWatch::Alarm"
ON_REQUESTS = {"AWS/ApiGateway": {"Count", "4xx", "5xx", "Latency"}, "AWS/CloudFront": {"Requests", "4xxErrorRate", "5xxErrorRate"}}
METRICS = ON_REQUESTS | {
    "AWS/Lambda": {"Errors", "Throttles", "Duration", "ConcurrentExecutions", "IteratorAge", "AsyncEventAge"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible"},
    "AWS/SES": {"Send", "Bounce", "Complaint", "Reputation.BounceRate", "Reputation.ComplaintRate"},
    "AWS/DynamoDB": {"ReadThrottleEvents", "WriteThrottleEvents", "SystemErrors", "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"},
    "portico": {"JobFailures"},
}
# What a dimension's value is the name of; None where it is a word of AWS's.
NAMED = {
    "FunctionName": FUNCTION,
    "TableName": "AWS::DynamoDB::Table",
    "QueueName": "AWS::SQS::Queue",
    "ApiId": "AWS::ApiGatewayV2::Api",
    "DistributionId": "AWS::CloudFront::Distribution",
    "GlobalSecondaryIndexName": None,
    "Operation": None,
    "Region": None,
}


def monitored(d):
    return d.parameters["Monitoring"] == "on"


def metrics_of(alarm):
    """What an alarm looks at: namespace, name and dimensions of each."""
    one_or_more = [one["MetricStat"]["Metric"] for one in alarm["Metrics"] if "MetricStat" in one] if "Metrics" in alarm else [alarm]
    for metric in one_or_more:
        dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions", [])}
        yield metric["Namespace"], metric["MetricName"], dimensions


def watched(d, namespace, name, dimension):
    """Which resources have an alarm on this metric."""
    found = set()
    for alarm in d.of_type(ALARM).values():
        for where, what, dimensions in metrics_of(alarm):
            if (where, what) == (namespace, name):
                found.add(dimensions[dimension].strip("<>").removesuffix(".QueueName"))
    return found


def must_exist(d, what, namespace, name, dimensions):
    assert name in METRICS[namespace], f"{what}: {namespace} has no {name}"
    for dimension, value in dimensions.items():
        kind = NAMED[dimension]
        if kind:
            resource = value.removeprefix("<").removesuffix(">").removesuffix(".QueueName")
            assert resource in d.of_type(kind), f"{what}: {dimension} {value} is no {kind}"


@check
def logs_are_kept_as_long_as_was_asked_for(d):
    groups = d.of_type("AWS::Logs::LogGroup")
    assert set(groups) == {"Logs", "GatewayLogs"}, sorted(groups)
    for name, group in groups.items():
        assert str(group.get("RetentionInDays")) == d.parameters["LogRetentionDays"], f"{name}: {group.get('RetentionInDays')}"


@check
def the_gateways_log_has_routes_and_no_paths(d):
    [stage] = d.of_type("AWS::ApiGatewayV2::Stage").values()
    settings = stage["AccessLogSettings"]
    assert settings["DestinationArn"] == "<GatewayLogs.Arn>", settings["DestinationArn"]
    # What is absent is written as a dash.
    line = json.loads(re.sub(r"\$context\.[A-Za-z.]+", "-", settings["Format"]))
    assert {"request_id", "route", "status", "error"} <= set(line), sorted(line)
    # No message: what is quoted there could end the quotes.
    allowed = {"requestTime", "requestId", "routeKey", "httpMethod", "status", "error.responseType"}
    allowed |= {"integrationStatus", "integrationLatency", "responseLatency"}
    for variable in re.findall(r"\$context\.([A-Za-z.]+)", settings["Format"]):
        assert variable in allowed, f"{variable} may hold a secret, or end its quotes"


@check
def there_are_alarms_and_a_dashboard_unless_they_were_declined(d):
    expected = 17 + 2 * bool(d.parameters["DefaultFromEmail"]) if monitored(d) else 0
    assert len(d.of_type(ALARM)) == expected, sorted(d.of_type(ALARM))
    assert len(d.of_type("AWS::CloudWatch::Dashboard")) == monitored(d)


@check
def every_function_that_crashes_is_told(d):
    expected = set(d.of_type(FUNCTION)) if monitored(d) else set()
    assert watched(d, "AWS/Lambda", "Errors", "FunctionName") == expected


@check
def every_page_that_is_kept_from_running_is_told(d):
    jobs = {*CONSUMERS, "ProcessUploadFunction"}
    expected = set(d.of_type(FUNCTION)) - jobs if monitored(d) else set()
    assert watched(d, "AWS/Lambda", "Throttles", "FunctionName") == expected


@check
def what_waits_for_a_job_is_told(d):
    expected = (set(CONSUMERS), {"ProcessUploadFunction"}) if monitored(d) else (set(), set())
    waiting = [watched(d, "AWS/Lambda", name, "FunctionName") for name in ("IteratorAge", "AsyncEventAge")]
    assert tuple(waiting) == expected, waiting


@check
def every_dead_letter_is_told(d):
    expected = set(d.of_type("AWS::SQS::Queue")) if monitored(d) else set()
    assert watched(d, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName") == expected


@check
def a_mail_that_fails_is_told_though_the_function_answers_well(d):
    filters = d.of_type("AWS::Logs::MetricFilter")
    assert len(filters) == monitored(d)
    for one in filters.values():
        [metric] = one["MetricTransformations"]
        assert one["LogGroupName"] == "<Logs>", one["LogGroupName"]
        assert one["FilterPattern"] == '{ $.target = "portico::job" && $.outcome = "failed" }', one["FilterPattern"]
        counted = (metric["MetricNamespace"], metric["MetricName"], {})
        assert any(counted in list(metrics_of(alarm)) for alarm in d.of_type(ALARM).values()), counted


@check
def slow_and_failing_answers_are_told(d):
    for name in ("5xx", "Latency"):
        assert watched(d, "AWS/ApiGateway", name, "ApiId") == ({"HttpApi"} if monitored(d) else set()), name
    if monitored(d):
        assert d.properties("SiteLatencyAlarm")["ExtendedStatistic"] == "p99"
        [latency] = d.properties("SiteErrorsAlarm")["Metrics"][:1]
        assert latency["Expression"] == "IF(errors > 4, 100 * errors / requests, 0)", latency


@check
def what_dynamodb_refuses_is_told(d):
    tables = set(d.of_type("AWS::DynamoDB::Table")) if monitored(d) else set()
    assert watched(d, "AWS/DynamoDB", "WriteThrottleEvents", "TableName") == tables
    assert watched(d, "AWS/DynamoDB", "ReadThrottleEvents", "TableName") == tables - {"OutboxTable"}
    assert watched(d, "AWS/DynamoDB", "SystemErrors", "TableName") == tables - {"OutboxTable"}


@check
def every_alarm_looks_at_what_there_is(d):
    for name, alarm in d.of_type(ALARM).items():
        for metric in metrics_of(alarm):
            must_exist(d, name, *metric)


@check
def an_alarm_adds_up_ten_metrics_at_most_and_returns_one(d):
    for name, alarm in d.of_type(ALARM).items():
        if "Metrics" in alarm:
            added = [one for one in alarm["Metrics"] if "MetricStat" in one]
            assert 1 < len(added) <= 10, f"{name}: {len(added)}"
            assert all(one["ReturnData"] is False for one in added), name
            assert len(alarm["Metrics"]) - len(added) == 1, name
            assert len({one["Id"] for one in alarm["Metrics"]}) == len(alarm["Metrics"]), name
            assert all(re.fullmatch("[a-z][A-Za-z0-9_]*", one["Id"]) for one in alarm["Metrics"]), name
            assert len({one["MetricStat"]["Period"] for one in added}) == 1, name


@check
def nobody_is_woken_because_nobody_came(d):
    for name, alarm in d.of_type(ALARM).items():
        assert alarm["TreatMissingData"] == "notBreaching", name


@check
def every_alarm_is_told_to_whoever_asked_for_it(d):
    expected = ["<AlarmTopic>"] if d.parameters["AlarmEmail"] and monitored(d) else None
    for name, alarm in d.of_type(ALARM).items():
        assert alarm.get("AlarmActions") == expected, f"{name}: {alarm.get('AlarmActions')}"
        assert alarm.get("OKActions") == expected, f"{name}: {alarm.get('OKActions')}"
    assert len(d.of_type("AWS::SNS::Topic")) == len(d.of_type("AWS::SNS::TopicPolicy")) == bool(expected)
    if expected:
        subscription = {"Protocol": "email", "Endpoint": d.parameters["AlarmEmail"]}
        assert d.properties("AlarmTopic")["Subscription"] == [subscription]
        assert "KmsMasterKeyId" not in d.properties("AlarmTopic"), "CloudWatch may not use AWS's own key"
        [statement] = d.properties("AlarmTopicPolicy")["PolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}, shown(statement)
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}, shown(statement)


@check
def every_alarm_has_its_place_in_the_documentation(d):
    text = (ROOT / "docs" / "operations.md").read_text()
    for name, alarm in d.of_type(ALARM).items():
        assert "docs/operations.md" in alarm["AlarmDescription"], name
        assert f"`{name}`" in text, f"{name} is not in docs/operations.md"


def widgets(d):
    for dashboard in d.of_type("AWS::CloudWatch::Dashboard").values():
        yield from json.loads(dashboard["DashboardBody"])["widgets"]


def written_out(rows):
    """The metrics of a widget, with `...` and `.` replaced by what they stand for."""
    before = []
    for row in rows:
        row = [part for part in row if not isinstance(part, dict)]
        if row[:1] == ["..."]:
            row = before[: len(before) - len(row) + 1] + row[1:]
        row = [before[place] if part == "." else part for place, part in enumerate(row)]
        if row:
            before = row
            yield row[0], row[1], dict(zip(row[2::2], row[3::2], strict=True))


@check
def the_dashboard_shows_what_there_is(d):
    for widget in widgets(d):
        title, properties = widget["properties"]["title"], widget["properties"]
        assert properties["region"] == "us-east-1" and properties["stat"], title
        found = list(written_out(properties["metrics"]))
        searched = [part["expression"] for row in properties["metrics"] for part in row if isinstance(part, dict) and "expression" in part]
        assert found or searched, f"{title} is empty"
        for metric in found:
            must_exist(d, title, *metric)
        for expression in searched:
            table = re.search('TableName="<([A-Za-z]+)>"', expression)
            assert table and table[1] in d.of_type("AWS::DynamoDB::Table"), expression


@check
def the_dashboard_shows_every_function_table_and_queue(d):
    shown_there = {}
    for widget in widgets(d):
        for _, name, dimensions in written_out(widget["properties"]["metrics"]):
            for value in dimensions.values():
                shown_there.setdefault(name, set()).add(value.strip("<>").removesuffix(".QueueName"))
    if not monitored(d):
        return
    for name in ("Errors", "Throttles", "Duration", "ConcurrentExecutions"):
        assert shown_there[name] == set(d.of_type(FUNCTION)), name
    for name in ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"):
        assert shown_there[name] == set(d.of_type("AWS::DynamoDB::Table")), name
    assert shown_there["ApproximateNumberOfMessagesVisible"] == set(d.of_type("AWS::SQS::Queue"))


@check
def the_widgets_of_the_dashboard_do_not_cover_each_other(d):
    taken = set()
    for widget in widgets(d):
        assert widget["x"] + widget["width"] <= 24, widget["properties"]["title"]
        for x in range(widget["x"], widget["x"] + widget["width"]):
            for y in range(widget["y"], widget["y"] + widget["height"]):
                assert (x, y) not in taken, widget["properties"]["title"]
                taken.add((x, y))


@check
def an_operator_finds_in_the_outputs_what_commands_ask_for(d):
    expected = {"SiteUrl", "DistributionUrl", "DistributionId", "ApiId", "LogGroup", "GatewayLogGroup", "SecretKeyArn"}
    expected |= {"OriginSecretArn", "AccountsTable", "SessionsTable", "OutboxTable", "MediaBucket", "StaticBucket"}
    expected |= {"FailedMails", "FailedErasures", "FailedUploads"}
    expected |= {"DashboardUrl"} if monitored(d) else set()
    expected |= {"AlarmTopic"} if monitored(d) and d.parameters["AlarmEmail"] else set()
    assert expected <= set(d.outputs), sorted(expected - set(d.outputs))
