"""The editors' page for the short forms that searches know."""

from django.contrib import admin

from roadmaps.synonyms import Synonym


@admin.register(Synonym)
class SynonymAdmin(admin.ModelAdmin):
    fields = ["word", "meaning"]
    list_display = ["word", "meaning"]
    search_fields = ["word", "meaning"]
