"""Checks of the functions: what they run on, what starts them, what they may do."""

import fnmatch
import json

from check import check
from translation import every, shown, source, texts

FUNCTION = "AWS::Lambda::Function"
HASHING = {f"{name}Function" for name in ("Signup", "Login", "Password", "Email", "Account")}
CONSUMERS = {"MailerFunction": "FailedMails", "EraseAccountFunction": "FailedErasures"}

# What SAM adds by itself, and why. All of it is of AWS's making, and on every resource.
SAM_LOGS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
SAM_XRAY = "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess"
SAM_VPC = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
SAM_STREAM = "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole"


@check
def every_function_runs_on_amazon_linux_2023_on_the_architecture_that_was_asked_for(d):
    functions = d.of_type(FUNCTION)
    assert len(functions) >= 14, len(functions)
    for name, function in functions.items():
        assert function["Runtime"] == "provided.al2023", f"{name}: {function['Runtime']}"
        assert function["Handler"] == "bootstrap", name
        assert function["Architectures"] == [d.parameters["Architecture"]], f"{name}: {function['Architectures']}"


@check
def every_function_is_built_by_cargo_lambda(d):
    for name in d.of_type(FUNCTION):
        assert d.resources[name].get("Metadata", {}).get("BuildMethod") == "rust-cargolambda", name


@check
def every_function_is_traced_as_it_was_asked_for(d):
    for name, function in d.of_type(FUNCTION).items():
        mode = function.get("TracingConfig", {"Mode": "Disabled"})["Mode"]
        assert mode == d.parameters["Tracing"], f"{name}: {mode}"


@check
def every_function_writes_into_the_one_log(d):
    for name, function in d.of_type(FUNCTION).items():
        assert function["LoggingConfig"] == {"LogGroup": "<Logs>"}, name


@check
def no_environment_holds_a_secret(d):
    for name, function in d.of_type(FUNCTION).items():
        variables = function["Environment"]["Variables"]
        assert variables["SECRET_KEY_ARN"] == "<SecretKey>" and variables["ORIGIN_SECRET_ARN"] == "<OriginSecret>", name
        for variable, value in variables.items():
            assert "resolve:secretsmanager" not in str(value), f"{name}: {variable}"
            assert variable not in ("SECRET_KEY", "ORIGIN_SECRET", "MEDIA_PRIVATE_KEY", "EMAIL_HOST_PASSWORD"), f"{name}: {variable}"


@check
def every_function_has_a_role_that_nobody_else_takes_on(d):
    functions = d.of_type(FUNCTION)
    roles = [function["Role"] for function in functions.values()]
    assert len(set(roles)) == len(functions), "two functions share a role"
    for name, function in functions.items():
        assert function["Role"] == f"<{name}Role.Arn>", f"{name}: {function['Role']}"
        [statement] = d.properties(f"{name}Role")["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": ["lambda.amazonaws.com"]}, name
        assert statement["Action"] == ["sts:AssumeRole"], name


@check
def every_role_has_our_policies_and_those_that_sam_adds_and_no_other(d):
    ours = d.of_type("AWS::IAM::ManagedPolicy")
    written = source()["Resources"]
    for name in d.of_type(FUNCTION):
        role = d.properties(f"{name}Role")
        attached = set(role["ManagedPolicyArns"])
        expected = {SAM_LOGS}
        if d.parameters["Tracing"] != "Disabled":
            expected.add(SAM_XRAY)
        if name in CONSUMERS:
            expected.add(SAM_STREAM)
        if "VpcConfig" in d.translated["Resources"][name]["Properties"]:
            expected.add(SAM_VPC)
        entries = written[name]["Properties"]["Policies"]
        named = {f"<{entry['Ref']}>" for entry in entries if "Ref" in entry}
        assert {reference.strip("<>") for reference in named} <= set(ours), f"{name}: {named}"
        assert attached == expected | named, f"{name}: {sorted(attached ^ (expected | named))}"
        statements = [one for policy in role["Policies"] for one in policy["PolicyDocument"]["Statement"]]
        own = [one for entry in entries for one in entry.get("Statement", [])]
        added = [one for one in statements if "Sid" not in one]
        assert len(statements) - len(added) == len(own) > 0, f"{name}: {len(statements)} statements"
        queue = CONSUMERS.get(name) or {"ProcessUploadFunction": "FailedUploads"}.get(name)
        allowed = [{"Action": "sqs:SendMessage", "Effect": "Allow", "Resource": f"<{queue}.Arn>"}] if queue else []
        assert added == allowed, f"{name}: {shown(added)}"


@check
def nothing_of_ours_is_granted_on_everything_or_for_every_action(d):
    documents = [(name, policy["PolicyDocument"]) for name, policy in d.of_type("AWS::IAM::ManagedPolicy").items()]
    for name, role in d.of_type("AWS::IAM::Role").items():
        documents += [(name, policy["PolicyDocument"]) for policy in role.get("Policies", [])]
    for name, document in documents:
        for statement in document["Statement"]:
            assert statement["Effect"] == "Allow" and "NotAction" not in statement, f"{name}: {shown(statement)}"
            for action in texts(statement["Action"]):
                assert "*" not in action, f"{name}: {action}"
            for resource in texts(statement["Resource"]):
                assert resource != "*" and not resource.startswith("*"), f"{name}: {shown(statement)}"
                if "<AccountsTable" in resource or "<SessionsTable" in resource or "<OutboxTable" in resource:
                    keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
                    assert keys and "*" not in keys, f"{name}: {shown(statement)}"


@check
def the_functions_that_hash_passwords_have_a_whole_processor_and_a_limit_where_one_was_asked_for(d):
    for name, function in d.of_type(FUNCTION).items():
        limit = {"ProcessUploadFunction": d.parameters["UploadConcurrency"]}.get(name, "0")
        if name in HASHING:
            assert function["MemorySize"] >= 1769, name
            limit = d.parameters["HashingConcurrency"]
        expected = None if limit == "0" else limit
        assert function.get("ReservedConcurrentExecutions") == expected, f"{name}: {function.get('ReservedConcurrentExecutions')}"


@check
def only_those_that_may_wait_are_in_no_hurry(d):
    # The gateway gives up after thirty seconds.
    for name, function in d.of_type(FUNCTION).items():
        slow = name in ("ProcessUploadFunction", "EraseAccountFunction", "MailerFunction")
        assert slow or function["Timeout"] < 30, f"{name}: {function['Timeout']}"


@check
def the_functions_are_in_the_vpc_that_was_named_or_in_none(d):
    subnets = [one for one in d.parameters["VpcSubnetIds"].split(",") if one]
    for name, function in d.of_type(FUNCTION).items():
        expected = subnets if name != "StaticFilesFunction" else []
        assert function.get("VpcConfig", {}).get("SubnetIds", []) == expected, name


@check
def both_consumers_read_the_outbox_from_its_beginning_and_give_up_into_their_queues(d):
    mappings = d.of_type("AWS::Lambda::EventSourceMapping")
    assert {mapping["FunctionName"] for mapping in mappings.values()} == {f"<{name}>" for name in CONSUMERS}
    for mapping in mappings.values():
        name = mapping["FunctionName"].strip("<>")
        assert mapping["EventSourceArn"] == "<OutboxTable.StreamArn>", name
        assert mapping["StartingPosition"] == "TRIM_HORIZON", name
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], f"{name}: one bad record repeats the batch"
        assert mapping["MaximumRetryAttempts"] == 10, f"{name}: without a limit one record stops its shard for a day"
        assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == f"<{CONSUMERS[name]}.Arn>", name


@check
def each_consumer_is_told_of_its_own_items_alone(d):
    sorts = {}
    for mapping in d.of_type("AWS::Lambda::EventSourceMapping").values():
        patterns = [json.loads(one["Pattern"]) for one in mapping["FilterCriteria"]["Filters"]]
        sorts[mapping["FunctionName"]] = {key for one in patterns for key in one["dynamodb"]["Keys"]["SK"]["S"]}
        for pattern in patterns:
            assert "REMOVE" not in pattern["eventName"], f"{mapping['FunctionName']}: what expires is no order"
    assert sorts == {"<MailerFunction>": {"MAIL", "RETRY"}, "<EraseAccountFunction>": {"ERASE"}}, shown(sorted(map(str, sorts.items())))


@check
def what_is_uploaded_is_tried_three_times_and_then_kept(d):
    [config] = d.of_type("AWS::Lambda::EventInvokeConfig").values()
    assert config["FunctionName"] == "<ProcessUploadFunction>" and config["MaximumRetryAttempts"] == 2, shown(config)
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == "<FailedUploads.Arn>", shown(config)


@check
def guardduty_is_listened_to_only_where_it_scans(d):
    [rule] = d.of_type("AWS::Events::Rule").values()
    scans = d.parameters["MalwareScan"] == "guardduty"
    assert rule["State"] == ("ENABLED" if scans else "DISABLED"), rule["State"]
    assert bool(d.of_type("AWS::GuardDuty::MalwareProtectionPlan")) == scans
    for plan in d.of_type("AWS::GuardDuty::MalwareProtectionPlan").values():
        assert plan["ProtectedResource"]["S3Bucket"]["ObjectPrefixes"] == ["held/"], shown(plan)


@check
def dead_letters_are_kept_for_fourteen_days_and_encrypted(d):
    queues = d.of_type("AWS::SQS::Queue")
    assert set(queues) == {"FailedMails", "FailedErasures", "FailedUploads"}, sorted(queues)
    for name, queue in queues.items():
        assert queue["MessageRetentionPeriod"] == 1209600 and queue["SqsManagedSseEnabled"] is True, name


@check
def every_path_of_every_function_is_a_route_of_the_gateway(d):
    routes = {}
    for path, item in d.properties("HttpApi")["Body"]["paths"].items():
        assert list(item) == ["x-amazon-apigateway-any-method"], f"{path}: the handler decides methods"
        method = item["x-amazon-apigateway-any-method"]
        integration = method["x-amazon-apigateway-integration"]
        assert integration["type"] == "aws_proxy" and integration["httpMethod"] == "POST", path
        assert integration["payloadFormatVersion"] == "2.0", f"{path}: {integration['payloadFormatVersion']}"
        assert ("isDefaultRoute" in method) == (path == "/$default"), path
        function = integration["uri"].split("/functions/<", 1)[1].split(".Arn>", 1)[0]
        routes[path] = function
    written = {}
    for name, resource in source()["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function" and d.exists(name):
            for event in resource["Properties"]["Events"].values():
                if event["Type"] == "HttpApi":
                    written[event["Properties"].get("Path", "/$default")] = name
    assert len(written) > 40, len(written)
    assert routes == written, shown({path: name for path, name in set(routes.items()) ^ set(written.items())})


@check
def no_route_ends_with_a_slash(d):
    # An HTTP API takes none that does, and FailOnWarnings would end the deployment.
    for path in d.properties("HttpApi")["Body"]["paths"]:
        assert path == "/" or not path.endswith("/"), path


@check
def the_gateway_may_invoke_every_function_on_its_routes(d):
    permissions = d.of_type("AWS::Lambda::Permission").values()
    for path, item in d.properties("HttpApi")["Body"]["paths"].items():
        uri = item["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"]["uri"]
        function = "<" + uri.split("/functions/<", 1)[1].split(".Arn>", 1)[0] + ">"
        wanted = f"arn:aws:execute-api:us-east-1:123456789012:<HttpApi>/x/GET{path}".replace("{", "").replace("}", "").replace("+", "")
        assert any(
            one["FunctionName"] == function and one["Principal"] == "apigateway.amazonaws.com" and fnmatch.fnmatch(wanted, one["SourceArn"])
            for one in permissions
        ), f"{path} of {function}"


@check
def nobody_invokes_a_function_but_the_gateway_the_bucket_and_the_rule(d):
    for name, permission in d.of_type("AWS::Lambda::Permission").items():
        principal = permission["Principal"]
        assert principal in ("apigateway.amazonaws.com", "s3.amazonaws.com", "events.amazonaws.com"), f"{name}: {principal}"
        source_of = permission.get("SourceArn") or permission.get("SourceAccount")
        assert source_of and source_of != "*", f"{name}: from anywhere"
    assert not d.of_type("AWS::Lambda::Url")
    assert not any(one == {"AuthType": "NONE"} for one in every(d.resources))
