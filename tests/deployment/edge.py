"""Checks of CloudFront and of the names that lead to it."""

from check import check
from translation import shown

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"


def distribution(d, name="Distribution"):
    return d.properties(name)["DistributionConfig"]


def static_behaviour(d):
    [behaviour] = distribution(d)["CacheBehaviors"]
    return behaviour


@check
def pages_are_never_cached_and_the_gateway_gets_all_but_the_host(d):
    behaviour = distribution(d)["DefaultCacheBehavior"]
    assert behaviour["CachePolicyId"] == CACHING_DISABLED, behaviour["CachePolicyId"]
    assert behaviour["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST, behaviour["OriginRequestPolicyId"]
    assert behaviour["TargetOriginId"] == "site", behaviour["TargetOriginId"]
    assert set(behaviour["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
    assert "ResponseHeadersPolicyId" not in behaviour, "pages have their own headers"


@check
def no_error_is_remembered(d):
    for name in d.of_type("AWS::CloudFront::Distribution"):
        kept = {one["ErrorCode"]: one["ErrorCachingMinTTL"] for one in distribution(d, name)["CustomErrorResponses"]}
        assert all(kept.get(code) == 0 for code in (500, 502, 503, 504)), f"{name}: {kept}"
        assert kept[404] <= 1, f"{name}: {kept}"


@check
def everything_goes_by_tls(d):
    for name in d.of_type("AWS::CloudFront::Distribution"):
        config = distribution(d, name)
        for behaviour in [config["DefaultCacheBehavior"], *config.get("CacheBehaviors", [])]:
            assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https", f"{name}: {shown(behaviour)}"
        certificate = config["ViewerCertificate"]
        if "AcmCertificateArn" in certificate:
            assert certificate["MinimumProtocolVersion"] == "TLSv1.2_2021", f"{name}: {shown(certificate)}"
            assert certificate["SslSupportMethod"] == "sni-only", name
            assert config["Aliases"], f"{name}: a certificate for no name"
        else:
            assert certificate == {"CloudFrontDefaultCertificate": True} and "Aliases" not in config, name
    site = next(one for one in distribution(d)["Origins"] if one["Id"] == "site")
    assert site["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only", shown(site)
    assert site["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"], shown(site)


@check
def the_distribution_proves_itself_to_the_gateway(d):
    site = next(one for one in distribution(d)["Origins"] if one["Id"] == "site")
    assert site["DomainName"] == "<HttpApi>.execute-api.us-east-1.amazonaws.com", site["DomainName"]
    [header] = site["OriginCustomHeaders"]
    secret = "{{resolve:secretsmanager:<OriginSecret>:SecretString:ORIGIN_SECRET}}"
    assert header == {"HeaderName": "x-origin-secret", "HeaderValue": secret}, header


@check
def whose_request_it_is_is_said_by_the_edge(d):
    [association] = distribution(d)["DefaultCacheBehavior"]["FunctionAssociations"]
    expected = {"EventType": "viewer-request", "FunctionARN": "<ViewerHeaders.FunctionARN>"}
    assert association == expected, shown(association)
    code = d.properties("ViewerHeaders")["FunctionCode"]
    assert "headers['x-viewer-address'] =" in code and "delete request.headers['x-viewer-host']" in code


@check
def static_files_come_from_where_they_were_asked_to(d):
    behaviour = static_behaviour(d)
    by_function = d.parameters["StaticFiles"] == "function"
    assert behaviour["PathPattern"] == "/static/*", behaviour["PathPattern"]
    assert behaviour["TargetOriginId"] == ("site" if by_function else "static"), behaviour["TargetOriginId"]
    assert behaviour["AllowedMethods"] == ["GET", "HEAD"], behaviour["AllowedMethods"]
    assert behaviour["CachePolicyId"] == "<StaticCache>" and behaviour["ResponseHeadersPolicyId"] == "<StaticHeaders>"
    functions = {(one["EventType"], one["FunctionARN"]) for one in behaviour.get("FunctionAssociations", [])}
    chosen = {(when, "<StaticEncoding.FunctionARN>") for when in ("viewer-request", "viewer-response")}
    assert functions == (set() if by_function else chosen), sorted(functions)


@check
def no_cached_file_depends_on_who_asks(d):
    policies = d.of_type("AWS::CloudFront::CachePolicy")
    assert "StaticCache" in policies
    for name, policy in policies.items():
        key = policy["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]
        assert key["CookiesConfig"] == {"CookieBehavior": "none"}, f"{name}: {shown(key)}"
        assert key["HeadersConfig"] == {"HeaderBehavior": "none"}, f"{name}: {shown(key)}"
        strings = key["QueryStringsConfig"].get("QueryStrings", [])
        assert all(one.startswith("response-") for one in strings), f"{name}: {strings}"
    assert policies["StaticCache"]["CachePolicyConfig"]["MinTTL"] == 0, "what says no-store is not kept"


@check
def buckets_are_reached_by_signed_requests_alone(d):
    for name in d.of_type("AWS::CloudFront::Distribution"):
        for origin in distribution(d, name)["Origins"]:
            if "S3OriginConfig" not in origin:
                continue
            assert origin["S3OriginConfig"] == {"OriginAccessIdentity": ""}, f"{name}: {shown(origin)}"
            access = d.properties(origin["OriginAccessControlId"].removeprefix("<").removesuffix(".Id>"))
            config = access["OriginAccessControlConfig"]
            signing = (config["OriginAccessControlOriginType"], config["SigningBehavior"], config["SigningProtocol"])
            assert signing == ("s3", "always", "sigv4"), f"{name}: {signing}"


@check
def files_say_that_they_are_what_they_are_and_run_nothing(d):
    policies = d.of_type("AWS::CloudFront::ResponseHeadersPolicy")
    assert "StaticHeaders" in policies
    for name, policy in policies.items():
        security = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
        assert security["ContentTypeOptions"]["Override"] is True, name
        assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31536000, name
        csp = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        assert csp.startswith("default-src 'none'") and "sandbox" in csp, f"{name}: {csp}"


@check
def no_file_is_open_to_every_origin(d):
    sites = {d.parameters[name] for name in ("PublicUrl", "AdminUrl")} - {""} or {"https://public-url-not-set.invalid"}
    for name, policy in d.of_type("AWS::CloudFront::ResponseHeadersPolicy").items():
        cors = policy["ResponseHeadersPolicyConfig"].get("CorsConfig")
        if name == "StaticHeaders":
            assert bool(cors) == (d.parameters["StaticUrl"] != "/static/"), name
        if cors:
            assert set(cors["AccessControlAllowOrigins"]["Items"]) <= sites, f"{name}: {shown(cors)}"
            assert cors["AccessControlAllowCredentials"] is False, name


@check
def published_media_are_served_only_where_they_were_signed(d):
    keys = {name for name in ("MediaPublicKey", "MediaOtherPublicKey") if d.parameters[name]}
    assert ("MediaDistribution" in d.resources) == bool(keys), keys
    if keys:
        behaviour = distribution(d, "MediaDistribution")["DefaultCacheBehavior"]
        assert behaviour["TrustedKeyGroups"] == ["<MediaVerifiers>"], shown(behaviour)
        assert "CacheBehaviors" not in distribution(d, "MediaDistribution"), "there is no way around"
        group = d.properties("MediaVerifiers")["KeyGroupConfig"]["Items"]
        assert len(group) == len(keys), group


@check
def names_lead_to_their_distributions_where_there_is_a_zone(d):
    expected = set()
    if d.parameters["HostedZoneId"]:
        for parameter, name in (("PublicUrl", "Distribution"), ("AdminUrl", "Distribution"), ("MediaUrl", "MediaDistribution")):
            host = d.parameters[parameter].removeprefix("https://")
            expected |= {(host, kind, f"<{name}.DomainName>") for kind in ("A", "AAAA") if host}
            assert not host or host in distribution(d, name)["Aliases"], f"{host} is no name of {name}"
    records = d.of_type("AWS::Route53::RecordSet").values()
    assert {(one["Name"], one["Type"], one["AliasTarget"]["DNSName"]) for one in records} == expected, shown(list(records))
    assert all(one["AliasTarget"]["HostedZoneId"] == CLOUDFRONT_ZONE for one in records)
    assert all(one["HostedZoneId"] == d.parameters["HostedZoneId"] for one in records)
