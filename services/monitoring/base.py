"""The declarative base of monitoring: every table of its schema, institution first in each key."""

from datetime import datetime

from sqlalchemy import TIMESTAMP, MetaData, Text
from sqlalchemy.orm import DeclarativeBase

from shared.db import NAMING


class Base(DeclarativeBase):
    """Parent of every row class of monitoring; the role's search path names the schema."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: TIMESTAMP(timezone=True), str: Text}  # noqa: RUF012 - SQLAlchemy's name, read once
