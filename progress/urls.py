from django.urls import path, register_converter
from django.urls.converters import StringConverter

import core.url_converters  # noqa: F401, registers `bigint`
from progress import views
from progress.route import State


class StateConverter(StringConverter):
    regex = "|".join(State.values)


class OutcomeConverter(StringConverter):
    regex = "checked|unchecked"


register_converter(StateConverter, "state")
register_converter(OutcomeConverter, "outcome")

app_name = "progress"
urlpatterns = [
    path("", views.index, name="index"),
    path("reset/<slug:slug>/", views.reset, name="reset"),
    path("restore/<slug:slug>/", views.restore, name="restore"),
    path(
        "topics/<bigint:topic_id>/<outcome:outcome>/", views.check_topic, name="topic"
    ),
    path("<bigint:step_id>/<state:state>/", views.mark, name="mark"),
]
