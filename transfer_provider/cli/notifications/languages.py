"""The notifications' sentences, in English and Chinese, by status, step, actor and deadline. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from transfer_provider.cli.follow.standing import Actor, DeadlineKind, Step
from transfer_provider.model.lifecycle import Status


@dataclass(frozen=True)
class Language:
    """The words of one language."""

    statuses: Mapping[Status | None, str]
    steps: Mapping[Step, str]
    """What happens next, in a sentence; empty: the standing's own sentence is used."""
    steps_of_copies: Mapping[Step, str]
    """The same of a handover by a copy, where it differs."""
    actors: Mapping[Actor, str]
    deadlines: Mapping[DeadlineKind, str]
    """With the time and how long it is until then."""
    changed: str
    new: str
    still: str
    next: str
    nobody: str
    details: str
    title_changes: str
    title_overview: str
    title_late: str
    title_test: str
    body_test: str
    overview: str
    more: str
    days: str
    hours: str
    minutes: str


# Of these, the standing's own sentence says what no table can: the reason, or what it waits for.
DETAILED = (Step.WAIT, Step.INITIATE, Step.ACCEPT_IN_CONSOLE, Step.DECIDE, Step.QUERY_AGAIN)

ENGLISH = Language(
    statuses={None: "not submitted"} | {status: str(status) for status in Status},
    steps={},
    steps_of_copies={},
    actors={
        Actor.SOURCE: "the source",
        Actor.RECIPIENT: "the recipient",
        Actor.ALIBABA_CLOUD: "Alibaba Cloud",
        Actor.PULUMI_UP: "`pulumi up`",
        Actor.NOBODY: "nobody",
    },
    deadlines={
        DeadlineKind.CANCEL_WINDOW: "It can be cancelled until {at} (in {left}); after that only support can stop it.",
        DeadlineKind.ACCEPTANCE: "It has to be accepted before {at} (in {left}).",
        DeadlineKind.INSTANCE_EXPIRY: "The instance expires at {at} (in {left}): renew it.",
        DeadlineKind.RECEIVE_WINDOW: "The receive window opens at {at} (in {left}).",
    },
    changed="{status} (was {before}).",
    new="{status}.",
    still="{status}.",
    next="Next, by {actor}: {sentence}",
    nobody="{sentence}",
    details=" {details}",
    title_changes="{stack}: news of handovers ({count})",
    title_overview="{stack}: handovers to look at ({count})",
    title_late="{stack}: news of handovers, delivered late ({count})",
    title_test="{stack}: test notification",
    body_test="This is a test of the notifications of stack {stack}. Nothing has changed, and there is nothing to do.",
    overview="This is where these handovers stand; from now on each change is announced once.",
    more="And {count} more: `handover status --stack {stack}` lists them.",
    days="{count} days",
    hours="{count} h",
    minutes="{count} min",
)

CHINESE = Language(
    statuses={
        None: "尚未提交",
        Status.AWAITING_INITIATION: "等待发起",
        Status.UNDER_REVIEW: "审核中",
        Status.APPROVED: "审核通过",
        Status.TRANSFERRING: "过户中",
        Status.COMPLETED: "已完成",
        Status.REJECTED: "已驳回",
        Status.CANCELLED: "已取消",
        Status.EXPIRED: "已过期",
        Status.IMAGING: "正在制作镜像",
        Status.SHARED: "镜像已共享",
        Status.COPYING: "正在复制镜像",
        Status.STARTING: "正在启动副本",
        Status.COPIED: "副本已运行",
        Status.COPY_FAILED: "复制失败",
    },
    steps={
        Step.WAIT: "尚未轮到，暂不提交。",
        Step.SUBMIT: "下一次 `pulumi up` 将提交过户申请。",
        Step.ADOPT: "申请已在进行中，下一次 `pulumi up` 将把它纳入状态。",
        Step.INITIATE: "请转出方在控制台发起资源过户。",
        Step.REVIEW: "阿里云正在审核，通常需要数小时至一天。",
        Step.ACCEPT_IN_CONSOLE: "请接收方在控制台接收。",
        Step.WAIT_FOR_WINDOW: "审核已通过，接收窗口开启后再接收。",
        Step.ACCEPT: "审核已通过，接下来接收实例，接收后实例开始过户。",
        Step.MOVE: "实例正在过户，大约需要半小时。",
        Step.MAKE_IMAGE: "阿里云正在制作镜像或启动副本，需要数分钟至数小时。",
        Step.COPY: "下一次 `pulumi up` 将继续复制。",
        Step.BIND: "实例已到达，下一次 `pulumi up` 将绑定弹性公网 IP。",
        Step.RECORD: "过户已有结果，下一次 `pulumi up` 将记录到状态中。",
        Step.DECIDE: "请决定如何处理：修改后重新提交，恢复其文件，或删除其文件。",
        Step.CHECK: "过户已完成，但接收方账号下查不到该实例：请确认实例未被释放，并联系阿里云支持。",
        Step.QUERY_AGAIN: "目前无法查询其状态。",
        Step.NOTHING: "无需任何操作。",
    },
    steps_of_copies={
        Step.WAIT: "尚未轮到，暂不开始复制。",
        Step.SUBMIT: "下一次 `pulumi up` 将开始复制。",
        Step.WAIT_FOR_WINDOW: "镜像已就绪，接收窗口开启后再创建接收方的实例。",
        Step.BIND: "副本已运行，下一次 `pulumi up` 将绑定弹性公网 IP。",
        Step.DECIDE: "请决定如何处理：恢复其文件，或删除其文件并运行 `pulumi up` 进行清理。",
    },
    actors={
        Actor.SOURCE: "转出方",
        Actor.RECIPIENT: "接收方",
        Actor.ALIBABA_CLOUD: "阿里云",
        Actor.PULUMI_UP: "`pulumi up`",
        Actor.NOBODY: "无",
    },
    deadlines={
        DeadlineKind.CANCEL_WINDOW: "可在 {at} 之前取消（还剩 {left}），之后只能联系阿里云支持。",
        DeadlineKind.ACCEPTANCE: "必须在 {at} 之前接收（还剩 {left}）。",
        DeadlineKind.INSTANCE_EXPIRY: "实例将于 {at} 到期（还剩 {left}），请续费。",
        DeadlineKind.RECEIVE_WINDOW: "接收窗口将于 {at} 开启（还剩 {left}）。",
    },
    changed="{status}（原为{before}）。",
    new="{status}。",
    still="{status}。",
    next="下一步（{actor}）：{sentence}",
    nobody="{sentence}",
    details="详情：{details}",
    title_changes="{stack}：{count} 个实例过户有新进展",
    title_overview="{stack}：{count} 个实例过户需要关注",
    title_late="{stack}：{count} 个实例过户（补发）",
    title_test="{stack}：测试通知",
    body_test="这是资源栈 {stack} 的测试通知。没有任何变化，也无需任何操作。",
    overview="以下是这些实例过户的当前情况；此后每次变化只通知一次。",
    more="另有 {count} 个：运行 `handover status --stack {stack}` 查看。",
    days="{count} 天",
    hours="{count} 小时",
    minutes="{count} 分钟",
)

LANGUAGES: Mapping[str, Language] = {"en": ENGLISH, "zh": CHINESE}
