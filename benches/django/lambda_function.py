"""For awslambdaric: the site behind API Gateway, by apig-wsgi, the cheapest of the adapters."""

from apig_wsgi import make_lambda_handler

from wsgi import application

handler = make_lambda_handler(application)
